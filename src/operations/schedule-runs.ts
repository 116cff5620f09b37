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

/** What the items so far say of an object: the last step that did so, if one did. */
interface Mentioned {
  /** Wrote it. */
  written?: number;
  /** Made or deleted it, or changed whether it can be made. */
  changed?: number;
  /** Asked whether it exists. */
  read?: number;
  /** Added it, by an item that is the last one about it; on which condition. */
  added?: Added | undefined;
}

interface Added {
  readonly step: number;
  readonly rar: string;
  /** The objects whose existence it needs. */
  readonly reads: readonly Mentioned[];
}

/** Steps that follow each other, each with its runs, none of which depends on another of the same step. */
function schedulePart(runs: readonly Run[]): readonly Run[] {
  if (runs.length < 3) return runs;
  const steps: { readonly kind: Item; step: number; readonly run: Item[] }[] = [];
  const objects = new Map<string, Mentioned>();
  const mentioned = (identity: string) => {
    const known = objects.get(identity);
    if (known !== undefined) return known;
    const object: Mentioned = {};
    objects.set(identity, object);
    return object;
  };
  for (const run of runs) {
    for (const item of run) {
      const latest = steps.findLast(({ kind }) => isAlike(kind, item));
      const { writes, reads: names } = touched(item);
      const reads = names.map(mentioned);
      let step = latest?.step ?? 0;
      for (const { changed } of reads) step = Math.max(step, after(changed));
      if (writes !== undefined) {
        const object = mentioned(writes);
        // Earlier items about the object itself are of the same kind, and a run keeps their order.
        step = Math.max(step, object.written ?? 0);
        if (!isAddedAgain(item, object, reads)) {
          step = Math.max(step, after(object.read));
          object.changed = step;
        }
        object.written = step;
        const rar = addedBy(item);
        object.added = rar === undefined ? undefined : { step, rar, reads };
      }
      for (const object of reads) object.read = Math.max(step, object.read ?? 0);
      if (latest?.step === step) latest.run.push(item);
      else steps.push({ kind: item, step, run: [item] });
    }
  }
  return steps.sort((a, b) => a.step - b.step).map(({ run }) => run);
}

/** The registrar that an item has an object of a registrant written by; undefined for all other items. */
function addedBy({ verb, flaw, subject }: Item): string | undefined {
  return verb === 'add' && flaw === undefined && subject.kind !== 'SedGrpOfferType' ? subject.rar : undefined;
}

/**
 * Whether an item adds an object that was added before on the same condition. It exists as before, so the items that
 * refer to it may come before or after that.
 */
function isAddedAgain(item: Item, { added }: Mentioned, reads: readonly Mentioned[]): boolean {
  if (added === undefined || added.rar !== addedBy(item) || added.reads.length !== reads.length) return false;
  return reads.every((object, index) => object === added.reads[index] && after(object.changed) <= added.step);
}

function after(step: number | undefined): number {
  return step === undefined ? 0 : step + 1;
}

interface Touched {
  readonly writes: string | undefined;
  readonly reads: readonly string[];
}

const none: readonly string[] = [];
const nothing: Touched = { writes: undefined, reads: none };

/** The object that an item changes, and those whose state decides its result. */
function touched({ flaw, subject }: Item): Touched {
  if (flaw !== undefined) return nothing; // refused for itself; its name may be a stand-in that other items have, too
  switch (subject.kind) {
    case 'SedGrpOfferType':
      return touchedByOffer(subject.sedGrpOfferKey);
    case 'SedGrpOfferKeyType':
      return touchedByOffer(subject);
    case 'EgrRteType':
      return {
        writes: identityOf(subject),
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
      return { writes: identityOf(subject), reads: [...destGrps, ...sedRecs] };
    }
    default:
      return { writes: identityOf(subject), reads: none };
  }
}

/** A group's offers are one thing: its peers are listed in the order in which they came. */
function touchedByOffer({ sedGrpKey }: SedGrpOfferKey): Touched {
  return { writes: offersOf(sedGrpKey), reads: [identityOf(sedGrpKey)] };
}

function offersOf(sedGrp: ObjKey): string {
  return `${identityOf(sedGrp)}\noffers`;
}
