import { carryOutApart } from '../client/bulk-apart.js';
import { isTooLarge, limitIn, smallerSize } from '../client/bulk-size.js';
import type { ChangeItem } from '../client/change-item.js';
import type { BulkRequestOptions, Connection, Outcome, StopSignal, Verdict } from '../client/connect.js';
import { LostAnswerError } from '../client/sppp-error.js';
import { type Cut, itemsOf, type Part, type PushLine } from './push-parts.js';
import type { ResultRow } from './results-file.js';

/** How parts are sent, and the most items of one request that the server has named. */
export interface Sending {
  readonly connection: Connection;
  /** The beginning of each clientTransId. */
  readonly run: string;
  readonly signal: StopSignal;
  readonly onThrottled: (wait: number) => void;
  /** When an earlier run had surely ended, by performance.now(). */
  readonly begunAt: number;
  limit: number | undefined;
  /** Notes how a request is cut before anything is sent by it. */
  cut(cut: Cut): Promise<void>;
}

/** A part has no verdicts; the `cause` says why. */
export class PartFailedError extends Error {
  override readonly name = 'PartFailedError';

  constructor(
    cause: unknown,
    readonly part: Part,
    /** It is certain that the registry has carried out nothing of it. */
    readonly isUndone: boolean,
  ) {
    super(`part ${part.part} has no verdicts`, { cause });
  }
}

/**
 * Sends a part, in one request or in as many as the server needs, and returns the verdict on each of its lines, in their order.
 * The ids of the requests follow from the run, the part and its cuts, so that a program that goes on can ask for them.
 *
 * @throws PartFailedError where a request has no outcome
 */
export async function sendPart(part: Part, sending: Sending): Promise<ResultRow[]> {
  const requests = new PartRequests(part, sending);
  try {
    return rowsOf(part.lines, await requests.verdicts());
  } catch (error) {
    throw new PartFailedError(error, part, requests.isUndone && !(error instanceof LostAnswerError));
  }
}

/** What is said about each item, in their order. */
type ItemVerdict = Omit<ResultRow, 'line' | 'key'>;

const done: ItemVerdict = { code: 1000, reason: '' };
const unknownClaim: ItemVerdict = {
  ...{ code: 1000, isUnknownClaim: true },
  reason: 'done, but not known whether the claim holds: the answer was lost; sppp get shows corInfo',
};

/** The code of a request that is too large (RFC 7878 §7.3). */
const TOO_LARGE = 2001;

/** The requests of one part. */
class PartRequests {
  readonly #part: Part;
  readonly #items: readonly ChangeItem[];
  readonly #sending: Sending;
  readonly #cuts = new Map<string, number>();
  #isUndone = true;

  constructor(part: Part, sending: Sending) {
    this.#part = part;
    this.#items = itemsOf(part);
    this.#sending = sending;
    for (const { from, count, size } of part.cuts) this.#cuts.set(`${from}-${count}`, size);
  }

  /** Whether no request has carried out anything yet. */
  get isUndone(): boolean {
    return this.#isUndone;
  }

  async verdicts(): Promise<readonly ItemVerdict[]> {
    const { length: count } = this.#items;
    if (count === 0) return [];
    const { limit } = this.#sending;
    // A part that may have been sent is asked for as it was sent.
    const isOver = limit !== undefined && limit < count && !this.#part.mayHaveBeenSent;
    if (isOver) await this.#cut({ cut: this.#part.part, from: 0, count, size: limit });
    return this.#send(0, count);
  }

  /** The verdicts on some items: in one request, in several if that was or is too large. */
  async #send(from: number, count: number): Promise<readonly ItemVerdict[]> {
    const size = this.#cuts.get(`${from}-${count}`);
    const sent = size === undefined ? await this.#request(from, count) : { size };
    if (!('size' in sent)) return sent;
    const verdicts: ItemVerdict[] = [];
    for (let at = from; at < from + count; at += sent.size) {
      const some = await this.#send(at, Math.min(sent.size, from + count - at));
      for (const verdict of some) verdicts.push(verdict);
    }
    return verdicts;
  }

  async #request(from: number, count: number): Promise<readonly ItemVerdict[] | { readonly size: number }> {
    const { run, signal, onThrottled, connection, begunAt } = this.#sending;
    const { part, mayHaveBeenSent } = this.#part;
    const isWhole = count === this.#items.length;
    const clientTransId = isWhole ? `${run}-${part}` : `${run}-${part}-${count}-${from}`;
    const items = this.#items.slice(from, from + count);
    const carryOut = async (some: readonly ChangeItem[], options: BulkRequestOptions) => {
      const carried = await connection.bulkRequest(some, options);
      if (carried.outcome.applied > 0) this.#isUndone = false;
      return carried;
    };
    const options = { clientTransId, mayHaveBeenSent, sentBefore: begunAt, signal, onThrottled };
    try {
      return verdictsIn(await carryOutApart(items, options, carryOut), items);
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      const size = smallerSize(error, count);
      if (size === undefined) return [{ code: TOO_LARGE, reason: `too large for the registry: ${error.message}` }];
      const limit = limitIn(error);
      const isLimit = limit !== undefined && limit < count;
      await this.#cut({ cut: part, from, count, size, ...(isLimit ? { limit } : {}) });
      return { size };
    }
  }

  async #cut(cut: Cut): Promise<void> {
    await this.#sending.cut(cut);
    this.#cuts.set(`${cut.from}-${cut.count}`, cut.size);
  }
}

/** The verdict on each item of a request. Items without one are done. */
function verdictsIn(outcome: Outcome, items: readonly ChangeItem[]): ItemVerdict[] {
  const verdicts = items.map(() => done);
  for (const verdict of outcome.verdicts) {
    if (verdict.index !== undefined && verdict.index in verdicts) verdicts[verdict.index] = told(verdict);
  }
  for (const index of outcome.unknownClaims ?? []) verdicts[index] = unknownClaim;
  return verdicts;
}

function told({ code, attribute, value, reason, message }: Verdict): ItemVerdict {
  if (code === done.code) return { code, reason: message };
  if (attribute === undefined) return { code, reason: reason ?? message };
  const [text = ''] = message.split(' AttrName:');
  return { code, reason: `${attribute} '${value ?? ''}': ${reason ?? text}` };
}

function rowsOf(lines: readonly PushLine[], verdicts: readonly ItemVerdict[]): ResultRow[] {
  let next = 0;
  return lines.map((each) => {
    if ('row' in each) return each.row;
    const verdict = verdicts[next++];
    if (verdict === undefined) throw new Error(`no verdict on line ${each.line}`);
    return { line: each.line, key: each.key, ...verdict };
  });
}
