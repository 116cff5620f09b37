import type { ClientBase } from 'pg';
import type { Caller } from '../authority/caller.js';
import { mayRefer } from '../authority/may.js';
import { foldName } from '../objects/fold-name.js';
import type { SedRecRef } from '../objects/sed-rec-ref.js';
import { findNamed, type NamedIds, type RowName } from '../registry/named-rows.js';
import type { RefRow } from '../registry/ref-row.js';
import { doesNotExist, type Result } from '../sppp/result.js';

/** An object that refers to destination groups of its own registrant, by name, and to SED records, by key. */
export interface Referring {
  readonly rant: string;
  readonly dgName: readonly string[];
  readonly sedRecRef?: readonly SedRecRef[];
}

/** Those of the objects referred to that are there, held until the end of the transaction. */
export interface References {
  readonly destGrps: NamedIds;
  readonly sedRecs: NamedIds;
}

/** Looks up what the objects refer to, and holds what is there. */
export async function findReferences(
  db: ClientBase,
  subjects: readonly Referring[],
  caller: Caller,
): Promise<References> {
  const destGrps = new Map<string, RowName>();
  const sedRecs = new Map<string, RowName>();
  for (const { rant, dgName, sedRecRef = [] } of subjects) {
    for (const name of dgName) collect(destGrps, rowName(caller, rant, name));
    for (const { sedKey } of sedRecRef) collect(sedRecs, rowName(caller, sedKey.rant, sedKey.name));
  }
  return {
    destGrps: await findNamed(db, 'destination_group', [...destGrps.values()], 'as parents'),
    sedRecs: await findNamed(db, 'sed_record', [...sedRecs.values()], 'as parents'),
  };
}

/** The first destination group that is not there. */
export function judgeDgNames(
  { rant, dgName }: Referring,
  { destGrps }: References,
  caller: Caller,
): Result | undefined {
  const absent = dgName.find((name) => destGrps.get(rowName(caller, rant, name)) === undefined);
  return absent === undefined ? undefined : doesNotExist('dgName', absent);
}

/** The first SED record that is another's or not there. */
export function judgeSedRecRefs(
  { rant, sedRecRef = [] }: Referring,
  { sedRecs }: References,
  caller: Caller,
): Result | undefined {
  for (const { sedKey } of sedRecRef) {
    const refused = mayRefer(caller, rant, sedKey.rant);
    if (refused !== undefined) return refused;
    if (sedRecs.get(rowName(caller, sedKey.rant, sedKey.name)) === undefined) return doesNotExist('name', sedKey.name);
  }
  return undefined;
}

/** Row ids of the destination groups, each once, in the order given. */
export function destGrpIds({ rant, dgName }: Referring, { destGrps }: References, caller: Caller): number[] {
  return [...new Set(dgName.map((name) => destGrps.get(rowName(caller, rant, name)) ?? 0))];
}

/** References to SED records, each record once: the last mention holds, at the place of the first. */
export function refRows(sedRecRef: readonly SedRecRef[], { sedRecs }: References, caller: Caller): RefRow[] {
  const rows = new Map<number, RefRow>();
  for (const { sedKey, priority, ext } of sedRecRef) {
    const sedRecId = sedRecs.get(rowName(caller, sedKey.rant, sedKey.name)) ?? 0;
    rows.set(sedRecId, { sedRecId, priority, ext });
  }
  return [...rows.values()];
}

/** How a row is found that the caller has a grant for; without one, a name that no row has. */
export function rowName(caller: Caller, rant: string, name: string): RowName {
  return { rantId: caller.grants.get(rant) ?? 0, nameKey: foldName(name) };
}

function collect(names: Map<string, RowName>, name: RowName): void {
  names.set(`${name.rantId} ${name.nameKey}`, name);
}
