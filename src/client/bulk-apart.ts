import type { BulkRequestOptions } from './bulk-options.js';
import type { ChangeItem } from './change-item.js';
import type { Carried } from './change-request.js';
import { withVerdicts } from './judged-items.js';
import type { Outcome, Verdict } from './outcome.js';
import { WholeRequestError } from './sppp-error.js';

type Options = Omit<BulkRequestOptions, 'from'>;
type CarryOut = (items: readonly ChangeItem[], options: Options) => Promise<Carried>;

/** Codes that one object can bring upon a request. */
const ofObjects: ReadonlySet<number> = new Set([2100, 2101, 2102, 2103]);

/**
 * Carries out items so that each succeeds or fails alone, also at a server where a failed object undoes its request, as in the
 * RFC. What was undone is sent again without the objects that the server named as failed. If it named none, the request is
 * halved, until one object is by itself.
 *
 * How many requests that takes. A second undone request in a row halves the next one, and each that is done doubles it, so that
 * many bad objects do not send the good ones again and again: k objects that are named one at a time need about 2k requests
 * more, k of n that are not named about 3k·log2(n). A server that names all of them, or does the others, gets one more, or none.
 *
 * The first request has the given id, the others have it with a number behind it: the same for the same answers.
 *
 * @returns one outcome, as of a server that does the others
 * @throws what carrying out throws; requests before may have been carried out then
 */
export async function carryOutApart(
  items: readonly ChangeItem[],
  options: Options,
  carryOut: CarryOut,
): Promise<Outcome> {
  const first = await carriedOut(items, options, carryOut);
  if (first.verdicts.length === 0) return first;
  const all = new Apart(items);
  all.judge(first, items.length);
  for (let round = 1; all.isLeft; round++) {
    const { next } = all;
    const clientTransId = `${options.clientTransId}-${round}`;
    all.judge(await carriedOut(next, { ...options, clientTransId }, carryOut), next.length);
  }
  const { unknownClaims } = all;
  return {
    ...withVerdicts(first, all.verdicts, items.length),
    ...(unknownClaims.length > 0 ? { unknownClaims } : {}),
  };
}

/** The items of such a request that have no verdict yet. */
class Apart {
  readonly #items: readonly ChangeItem[];
  readonly #verdicts = new Map<number, Verdict[]>();
  readonly #unknownClaims: number[] = [];
  /** The places of the items that are left. */
  #left: readonly number[];
  #size: number;
  #undone = 0;

  constructor(items: readonly ChangeItem[]) {
    this.#items = items;
    this.#left = [...items.keys()];
    this.#size = items.length;
  }

  get isLeft(): boolean {
    return this.#left.length > 0;
  }

  /** What the next request has. */
  get next(): readonly ChangeItem[] {
    return this.#left.slice(0, this.#size).map((place) => this.#items[place] as ChangeItem);
  }

  /** The verdicts so far, in the order of the items. */
  get verdicts(): readonly Verdict[] {
    return [...this.#verdicts.keys()].sort((a, b) => a - b).flatMap((place) => this.#verdicts.get(place) ?? []);
  }

  /** The places of claims of which it is not told whether they hold. */
  get unknownClaims(): readonly number[] {
    return this.#unknownClaims.toSorted((a, b) => a - b);
  }

  /** Takes the outcome of a request of the first items that are left. */
  judge(outcome: Outcome, count: number): void {
    // A request of one object is about that one, even if the server does not tell its place.
    const verdicts = count === 1 ? outcome.verdicts.map((verdict) => ({ ...verdict, index: 0 })) : outcome.verdicts;
    const failed = verdicts.filter(({ code }) => code !== 1000);
    const isApart = outcome.applied >= count - failed.length && failed.every(({ index }) => index !== undefined);
    if (isApart) {
      for (const verdict of verdicts) this.#tell(verdict);
      for (const index of outcome.unknownClaims ?? []) this.#unknownClaims.push(this.#left[index] ?? index);
      this.#left = this.#left.slice(count);
      this.#size *= 2;
      this.#undone = 0;
      return;
    }
    for (const verdict of failed) this.#tell(verdict);
    const bad = new Set(failed.map(({ index }) => index));
    bad.delete(undefined);
    if (count === 1 && bad.size === 0) throw new Error('an object was refused without a verdict');
    this.#left = this.#left.filter((_, index) => !bad.has(index));
    this.#undone += 1;
    if (bad.size === 0 || this.#undone > 1) this.#size = Math.ceil(count / 2);
  }

  #tell(verdict: Verdict): void {
    const place = this.#left[verdict.index ?? -1];
    if (place === undefined) return;
    const object = this.#items[place]?.subject ?? verdict.object;
    const told = { ...verdict, index: place, ...(verdict.code === 1000 ? {} : { object }) };
    this.#verdicts.set(place, [...(this.#verdicts.get(place) ?? []), told]);
  }
}

/** The outcome of one request. One that was undone without a word on an object has a verdict without a place. */
async function carriedOut(items: readonly ChangeItem[], options: Options, carryOut: CarryOut): Promise<Outcome> {
  try {
    return (await carryOut(items, options)).outcome;
  } catch (error) {
    const [item] = items;
    if (item === undefined || !(error instanceof WholeRequestError && ofObjects.has(error.code))) throw error;
    const { code, message } = error;
    const verdict = { index: undefined, verb: item.verb, code, message, object: item.subject };
    return { code: 2100, message, applied: 0, verdicts: [verdict], isIndexed: false };
  }
}
