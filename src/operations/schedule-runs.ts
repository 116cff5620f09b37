import { identityOf } from '../model/identity.js';
import type { ObjKey, SedGrpOfferKey } from '../model/key.js';
import { nounOf } from '../model/noun.js';
import type { Item } from '../sppp/message.js';
import { isAlike, MAX_RUN, weigh } from './runs.js';

type Run = readonly Item[];

/** A run of so many items is long enough for statements of its own; a heavy item counts for several. */
const LONG_RUN = 512;

/**
 * Brings items of one kind together where a request changes kind every few items, so that runs stay long. It returns
 * parts of the request in its order; the runs of a part may be performed in the order given, with the outcome of
 * handling its items one by one: an item comes after what it refers to, and after what was said before of the same object,
 * and items of one kind keep their order.
 */
export async function* scheduleRuns(runs: AsyncIterable<Run>): AsyncGenerator<readonly Run[]> {
  let short: Run[] = [];
  let weight = 0;
  for await (const run of runs) {
    const runWeight = weigh(run);
    const standsAlone = runWeight >= LONG_RUN || run.some(reachesFar);
    if (short.length > 0 && (standsAlone || weight + runWeight > MAX_RUN)) {
      yield schedulePart(short);
      short = [];
      weight = 0;
    }
    if (standsAlone) {
      yield [run];
    } else {
      short.push(run);
      weight += runWeight;
    }
  }
  if (short.length > 0) yield schedulePart(short);
}

/**
 * Whether an item may change the results of items about other objects: a deletion removes the references to the object,
 * and a carrier-of-record claim meets claims to other spans of the same numbers.
 */
function reachesFar({ verb, subject }: Item): boolean {
  const noun = nounOf(subject);
  if (verb === 'delete') return noun !== 'PubId' && noun !== 'SedGrpOffer';
  return 'corInfo' in subject && subject.corInfo?.corClaim === true;
}

/** Steps that follow each other, each with its runs, none of which depends on another of the same step. */
function schedulePart(runs: readonly Run[]): readonly Run[] {
  if (runs.length < 3) return runs;
  const steps: { readonly kind: Item; step: number; readonly run: Item[] }[] = [];
  /** For each object, the last step that wrote it, that made or deleted it, and that asked whether it exists. */
  const written = new Map<string, number>();
  const changed = new Map<string, number>();
  const read = new Map<string, number>();
  const added = new Map<string, { readonly onCondition: string; readonly step: number }>();
  for (const item of runs.flat()) {
    const latest = steps.findLast(({ kind }) => isAlike(kind, item));
    const { writes, reads } = touched(item);
    let step = latest?.step ?? 0;
    for (const what of reads) step = Math.max(step, after(changed, what));
    const onCondition = conditionOf(item, reads);
    for (const what of writes) {
      // Earlier items about the object itself are of the same kind, and a run keeps their order.
      step = Math.max(step, written.get(what) ?? 0);
      const before = added.get(what);
      const isSame = before !== undefined && before.onCondition === onCondition && !isChangedSince(before.step, reads);
      if (!isSame) step = Math.max(step, after(read, what));
      if (!isSame) changed.set(what, step);
      written.set(what, step);
      if (onCondition === undefined) added.delete(what);
      else added.set(what, { onCondition, step });
    }
    for (const what of reads) read.set(what, Math.max(step, read.get(what) ?? 0));
    if (latest?.step === step) latest.run.push(item);
    else steps.push({ kind: item, step, run: [item] });
  }
  return steps.sort((a, b) => a.step - b.step).map(({ run }) => run);

  function isChangedSince(step: number, reads: readonly string[]): boolean {
    return reads.some((what) => after(changed, what) > step);
  }
}

/**
 * The condition on which the addition of an object succeeds. An object that is added again on the same condition exists as
 * before, so the items that refer to it may come before or after that.
 */
function conditionOf({ verb, flaw, subject }: Item, reads: readonly string[]): string | undefined {
  if (verb !== 'add' || flaw !== undefined || subject.kind === 'SedGrpOfferType') return undefined;
  return [subject.rar, ...reads].join('\n');
}

function after(steps: ReadonlyMap<string, number>, what: string): number {
  const step = steps.get(what);
  return step === undefined ? 0 : step + 1;
}

interface Touched {
  readonly writes: readonly string[];
  readonly reads: readonly string[];
}

const nothing: Touched = { writes: [], reads: [] };

/** The objects that an item changes, and those whose state decides its result. */
function touched({ flaw, subject }: Item): Touched {
  if (flaw !== undefined) return nothing; // refused for itself; its name may be a stand-in that other items have, too
  switch (subject.kind) {
    case 'SedGrpOfferType':
      return touchedByOffer(subject.sedGrpOfferKey);
    case 'SedGrpOfferKeyType':
      return touchedByOffer(subject);
    case 'EgrRteType':
      return {
        writes: [identityOf(subject)],
        reads: subject.ingrSedGrp.flatMap((key) => [identityOf(key), offersOf(key)]),
      };
    case 'SedGrpType':
    case 'TNType':
    case 'TNRType':
    case 'TNPType':
    case 'RNType':
    case 'URIPubIdType': {
      const { rant, dgName } = subject;
      const destGrps = dgName.map((name) => identityOf({ kind: 'ObjKeyType', rant, name, type: 'DestGrp' }));
      const sedRecs = 'sedRecRef' in subject ? subject.sedRecRef.map(({ sedKey }) => identityOf(sedKey)) : [];
      return { writes: [identityOf(subject)], reads: [...destGrps, ...sedRecs] };
    }
    default:
      return { writes: [identityOf(subject)], reads: [] };
  }
}

/** A group's offers are one thing: its peers are listed in the order in which they came. */
function touchedByOffer({ sedGrpKey }: SedGrpOfferKey): Touched {
  return { writes: [offersOf(sedGrpKey)], reads: [identityOf(sedGrpKey)] };
}

function offersOf(sedGrp: ObjKey): string {
  return `${identityOf(sedGrp)}\noffers`;
}
