import { deletePubIds, deletePubIdsOnRecord } from '../registry/rows/delete-pub-ids.js';
import {
  pubIdDeletionKey,
  recordDeletions,
  recordFurtherDeletions,
  recordPubIdDeletions,
} from '../registry/rows/deletions.js';
import { deleteDestGrps } from '../registry/rows/dest-grp-rows.js';
import { deleteEgrRtes } from '../registry/rows/egr-rte-rows.js';
import { MIN_BULK_ROWS } from '../registry/rows/row-ids.js';
import { deleteSedGrps } from '../registry/rows/sed-grp-rows.js';
import { deleteSedRecs } from '../registry/rows/sed-rec-rows.js';
import { type Stamp, transactionIdOf } from '../registry/rows/stamp.js';
import { findRows, type OwnKey, type OwnNoun, ownNounOf, pubIdNames } from './keys.js';
import { rowNameOf } from './known-rows.js';
import type { RunContext, RunStart } from './run-context.js';

type Remove = (context: RunContext, ids: readonly number[]) => void;

const removing: Record<Exclude<OwnNoun, 'PubId'>, Remove> = {
  DestGrp: ({ db, stamp }, ids) => deleteDestGrps(db, stamp, ids),
  SedRec: ({ db, stamp }, ids) => deleteSedRecs(db, stamp, ids),
  SedGrp: ({ db, stamp }, ids) => deleteSedGrps(db, stamp, ids),
  EgrRte: ({ db }, ids) => deleteEgrRtes(db, ids),
};

/**
 * Deletes the objects of one noun that exist, and records that. No object may come twice. What it asks first goes to the
 * database with what opens the journal: only the records need the journal row. Many public identifiers are recorded by the
 * statement that deletes them, since that is what takes time.
 *
 * @returns the keys of those deleted
 */
export async function deleteObjects(keys: readonly OwnKey[], start: RunStart): Promise<ReadonlySet<OwnKey>> {
  const noun = ownNounOf(keys);
  const { db, caller } = start;
  if (noun === 'PubId') {
    const names = pubIdNames(keys, caller);
    const marked = (stamp: Stamp) =>
      names.map((name, index) => ({ ...name, transactionId: transactionIdOf(keys[index] as OwnKey, stamp) }));
    if (names.length >= MIN_BULK_ROWS) {
      const wasThere = await deletePubIdsOnRecord(db, marked(await start.stamp));
      return new Set(keys.filter((_, index) => wasThere[index]));
    }
    const writers = await deletePubIds(db, names);
    const rarIds = names.map((name) => writers.get(name));
    const deleted = marked(await start.stamp).flatMap((name, index) => {
      const rarId = rarIds[index];
      return rarId === undefined ? [] : [{ ...name, rarId }];
    });
    recordPubIdDeletions(db, deleted);
    return new Set(keys.filter((_, index) => rarIds[index] !== undefined));
  }
  const ids = await findRows(db, noun, keys, caller, 'to delete');
  const found = ids.filter((id) => id !== undefined);
  if (found.length > 0) {
    const context = { ...start, stamp: await start.stamp };
    recordDeletions(db, context.stamp, noun, found);
    removing[noun](context, found);
  }
  return new Set(keys.filter((_, index) => ids[index] !== undefined));
}

/** Records deletions of objects that the run itself had added, and that never had a row. */
export async function recordFurther(keys: readonly OwnKey[], { db, caller, stamp }: RunStart): Promise<void> {
  if (keys.length === 0) return;
  const noun = ownNounOf(keys);
  const names =
    noun === 'PubId'
      ? pubIdNames(keys, caller).map((name) => ({ rantId: name.rantId, key: pubIdDeletionKey(name) }))
      : keys.flatMap((key) => {
          if (key.kind !== 'ObjKeyType') return [];
          const { rantId, nameKey } = rowNameOf(caller, key.rant, key.name);
          return [{ rantId, key: nameKey }];
        });
  recordFurtherDeletions(db, await stamp, noun, names);
}
