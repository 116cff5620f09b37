import { mayAct } from '../authority/may.js';
import type { Key } from '../objects/key.js';
import { deleteDestGrps } from '../registry/dest-grp-rows.js';
import { deletePubIds } from '../registry/pub-id-rows.js';
import { deleteSedGrps } from '../registry/sed-grp-rows.js';
import { deleteSedRecs } from '../registry/sed-rec-rows.js';
import type { DeleteItem } from '../sppp/message.js';
import { commandInvalid, doesNotExist, type Result, valueInvalid } from '../sppp/result.js';
import { attrOf, findRows, type KeyNoun, keyNounOf, rantOf } from './keys.js';
import type { Verdicts, Work } from './work.js';

const removing: Record<KeyNoun, (work: Work, ids: readonly number[]) => Promise<void>> = {
  DestGrp: ({ db, stamp }, ids) => deleteDestGrps(db, stamp, ids),
  PubId: ({ db }, ids) => deletePubIds(db, ids),
  SedRec: ({ db, stamp }, ids) => deleteSedRecs(db, stamp, ids),
  SedGrp: ({ db }, ids) => deleteSedGrps(db, ids),
};

/**
 * Deletes a run of objects by their keys. References to them never block, they go too; what is not there is 2102 (RFC
 * 7877 §5.3, §7.2).
 */
export async function deleteByKey(items: readonly DeleteItem[], work: Work): Promise<Verdicts> {
  const [first] = items;
  const noun = first === undefined ? undefined : keyNounOf(first.subject);
  if (noun === undefined) {
    return items.map((item) => ({ index: item.index, item, result: commandInvalid('not supported') }));
  }
  const refusals = new Map<DeleteItem, Result>();
  const admitted: DeleteItem[] = [];
  for (const item of items) {
    const refused = judgeForm(item, work);
    if (refused === undefined) admitted.push(item);
    else refusals.set(item, refused);
  }

  const found = await findRows(
    work.db,
    noun,
    admitted.map(({ subject }) => subject),
    work.caller,
    'to delete',
  );
  const ids: number[] = [];
  admitted.forEach((item, index) => {
    const id = found[index];
    if (id === undefined) refusals.set(item, absent(item.subject));
    else ids.push(id);
  });

  if (ids.length > 0 && !(work.allOrNothing && refusals.size > 0)) await removing[noun](work, ids);
  return items.flatMap((item) => {
    const result = refusals.get(item);
    return result === undefined ? [] : [{ index: item.index, item, result }];
  });
}

function judgeForm({ flaw, subject }: DeleteItem, { caller }: Work): Result | undefined {
  return flaw === undefined ? mayAct(caller, rantOf(subject)) : valueInvalid(flaw);
}

function absent(key: Key): Result {
  const { attrName, attrVal } = attrOf(key);
  return doesNotExist(attrName, attrVal);
}
