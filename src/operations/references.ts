import type { Caller } from '../authority/caller.js';
import { mayRefer } from '../authority/may.js';
import type { SedRecRef } from '../model/sed-rec-ref.js';
import type { RefRow } from '../registry/rows/ref-row.js';
import { doesNotExist, type Result } from '../sppp/result.js';
import { found } from '../values/found.js';
import { type Asking, KnownRows, type Reference } from './known-rows.js';

/** An object that refers to destination groups of its own registrant, by name, and to SED records, by key. */
export interface Referring {
  readonly rant: string;
  readonly dgName: readonly string[];
  readonly sedRecRef?: readonly SedRecRef[];
}

/** Names that are remembered: a request of any length must not fill the memory. */
const MAX_KNOWN = 10_000;

/** The objects that a request refers to and that are known to exist. */
export class References {
  readonly destGrps = new KnownRows('destination_group');
  readonly sedRecs = new KnownRows('sed_record');

  get isFull(): boolean {
    return this.destGrps.size + this.sedRecs.size > MAX_KNOWN;
  }
}

/**
 * Looks up the referenced objects that are not known yet, and locks those that exist. It does not look for objects that
 * the caller may not refer to, so that neither time nor a lock shows whether they exist.
 */
export async function findReferences(
  subjects: readonly Referring[],
  context: Asking & { readonly known: References },
): Promise<References> {
  const { known } = context;
  const destGrps: Reference[] = [];
  const sedRecs: Reference[] = [];
  for (const { rant, dgName, sedRecRef = [] } of subjects) {
    for (const name of dgName) {
      if (known.destGrps.get(rant, name) === undefined) destGrps.push({ rant, name });
    }
    for (const { sedKey } of sedRecRef) {
      if (known.sedRecs.get(sedKey.rant, sedKey.name) !== undefined) continue;
      if (mayRefer(context.caller, 'SedRec', sedKey.rant) === undefined) sedRecs.push(sedKey);
    }
  }
  await Promise.all([known.destGrps.find(destGrps, context), known.sedRecs.find(sedRecs, context)]);
  return known;
}

/** 2102 for the first destination group that does not exist. */
export function judgeDgNames({ rant, dgName }: Referring, { destGrps }: References): Result | undefined {
  const absent = dgName.find((name) => destGrps.get(rant, name) === undefined);
  return absent === undefined ? undefined : doesNotExist('dgName', absent);
}

/** 2103 or 2102 for the first SED record that the caller may not refer to, or that does not exist. */
export function judgeSedRecRefs(
  { sedRecRef = [] }: Referring,
  { sedRecs }: References,
  caller: Caller,
): Result | undefined {
  for (const { sedKey } of sedRecRef) {
    const refused = mayRefer(caller, 'SedRec', sedKey.rant);
    if (refused !== undefined) return refused;
    if (sedRecs.get(sedKey.rant, sedKey.name) === undefined) return doesNotExist('name', sedKey.name);
  }
  return undefined;
}

/** Row ids of the destination groups, each once, in the order given. */
export function destGrpIds({ rant, dgName }: Referring, { destGrps }: References): number[] {
  const ids = dgName.map((name) => found(destGrps.get(rant, name), 'a destination group that was found'));
  return ids.length > 1 ? [...new Set(ids)] : ids;
}

/** References to SED records, each record once: the last mention holds, in the position of the first. */
export function refRows(sedRecRef: readonly SedRecRef[], { sedRecs }: References): readonly RefRow[] {
  if (sedRecRef.length === 0) return none;
  const rows = new Map<number, RefRow>();
  for (const { sedKey, priority, ext } of sedRecRef) {
    const sedRecId = found(sedRecs.get(sedKey.rant, sedKey.name), 'an SED record that was found');
    rows.set(sedRecId, { sedRecId, priority, ext });
  }
  return [...rows.values()];
}

const none: readonly RefRow[] = [];
