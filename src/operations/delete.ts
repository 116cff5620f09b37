import { mayDelete } from '../authority/may.js';
import { recordDeletions, recordOfferDeletions } from '../registry/deletions.js';
import { deleteDestGrps } from '../registry/dest-grp-rows.js';
import { deleteEgrRtes } from '../registry/egr-rte-rows.js';
import { deletePubIds } from '../registry/pub-id-rows.js';
import { deleteOffers } from '../registry/sed-grp-offer-rows.js';
import { deleteSedGrps } from '../registry/sed-grp-rows.js';
import { deleteSedRecs } from '../registry/sed-rec-rows.js';
import type { DeleteItem } from '../sppp/message.js';
import { doesNotExist, valueInvalid } from '../sppp/result.js';
import { Docket } from './docket.js';
import { attrOf, findRows, isOwnKey, type OwnKey, type OwnNoun, ownNounOf, pubIdNames } from './keys.js';
import { withOffers } from './offers.js';
import type { Verdicts, Work } from './work.js';

type Remove = (work: Work, ids: readonly number[]) => Promise<void>;

const removing: Record<Exclude<OwnNoun, 'PubId'>, Remove> = {
  DestGrp: ({ db, stamp }, ids) => deleteDestGrps(db, stamp, ids),
  SedRec: ({ db, stamp }, ids) => deleteSedRecs(db, stamp, ids),
  SedGrp: ({ db, stamp }, ids) => deleteSedGrps(db, stamp, ids),
  EgrRte: ({ db }, ids) => deleteEgrRtes(db, ids),
};

/**
 * Deletes a run of objects by their keys. References to them never block, they go too; what is not there is 2102 (RFC
 * 7877 §5.3, §7.2).
 */
export function deleteByKey(items: readonly DeleteItem[], work: Work): Promise<Verdicts> {
  const own: (DeleteItem & { subject: OwnKey })[] = [];
  const offers = [];
  for (const item of items) {
    const { subject } = item;
    if (isOwnKey(subject)) own.push({ ...item, subject });
    else offers.push({ ...item, subject });
  }
  if (own.length > 0) return deleteOwn(own, work);
  return withOffers(
    offers,
    work,
    (key) => mayDelete(work.caller, key),
    async (held) => {
      const ids = held.map(({ id }) => id);
      await recordOfferDeletions(work.db, work.stamp, ids);
      await deleteOffers(work.db, ids);
    },
  );
}

/** What is there is deleted before it is known that all is: if it is not, a request that is all or nothing is undone. */
async function deleteOwn(items: readonly (DeleteItem & { subject: OwnKey })[], work: Work): Promise<Verdicts> {
  const docket = new Docket(items);
  const admitted = docket.sift(items, ({ flaw, subject }) =>
    flaw === undefined ? mayDelete(work.caller, subject) : valueInvalid(flaw),
  );
  const keys = admitted.map(({ subject }) => subject);
  const wasThere = await remove(keys, work);
  docket.sift(admitted, ({ subject }, index) => {
    const { attrName, attrVal } = attrOf(subject);
    return wasThere[index] ? undefined : doesNotExist(attrName, attrVal);
  });
  return docket.verdicts();
}

/** Deletes those that are there; for each key, whether it was. */
async function remove(keys: readonly OwnKey[], work: Work): Promise<boolean[]> {
  const noun = ownNounOf(keys);
  const { db, caller, stamp, transactionIds, turn } = work;
  if (noun === 'PubId') {
    const names = pubIdNames(keys, caller).map((name, index) => ({
      ...name,
      transactionId: transactionIds?.get(keys[index] as OwnKey) ?? stamp.transactionId,
    }));
    return deletePubIds(db, names, turn);
  }
  await turn;
  const ids = await findRows(db, noun, keys, caller, 'to delete');
  const found = ids.filter((id) => id !== undefined);
  await recordDeletions(db, stamp, noun, found);
  await removing[noun](work, found);
  return ids.map((id) => id !== undefined);
}
