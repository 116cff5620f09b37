import type { ClientBase } from 'pg';
import type { Caller } from '../authority/caller.js';
import { mayAct } from '../authority/may.js';
import type { Obj } from '../objects/obj.js';
import { readDestGrps } from '../registry/dest-grp-rows.js';
import { readPubIds } from '../registry/pub-id-rows.js';
import { readSedGrps } from '../registry/sed-grp-rows.js';
import { readSedRecs } from '../registry/sed-rec-rows.js';
import type { GetItem } from '../sppp/message.js';
import { commandInvalid, type Result, valueInvalid } from '../sppp/result.js';
import { findRows, type KeyNoun, keyNounOf, rantOf } from './keys.js';

const reading: Record<KeyNoun, (db: ClientBase, ids: readonly number[]) => Promise<ReadonlyMap<number, Obj>>> = {
  DestGrp: readDestGrps,
  PubId: readPubIds,
  SedRec: readSedRecs,
  SedGrp: readSedGrps,
};

/**
 * Reads a run of objects by their keys: those that are there, in the order of the keys (RFC 7878 §7.2.6, §7.2.8). The
 * first key that is malformed or another's is the result instead; Get has no place for one per key.
 */
export async function getByKey(items: readonly GetItem[], db: ClientBase, caller: Caller): Promise<Obj[] | Result> {
  for (const { flaw, subject } of items) {
    const refused = flaw === undefined ? mayAct(caller, rantOf(subject)) : valueInvalid(flaw);
    if (refused !== undefined) return refused;
  }
  const [first] = items;
  if (first === undefined) return [];
  const noun = keyNounOf(first.subject);
  if (noun === undefined) return commandInvalid('not supported');
  const ids = await findRows(
    db,
    noun,
    items.map(({ subject }) => subject),
    caller,
    'no hold',
  );
  const there = ids.filter((id) => id !== undefined);
  const objects = await reading[noun](db, there);
  return there.flatMap((id) => objects.get(id) ?? []);
}
