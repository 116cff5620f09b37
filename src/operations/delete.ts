import { mayAct } from '../authority/may.js';
import { deleteDestGrps } from '../registry/dest-grp-rows.js';
import { deleteEgrRtes } from '../registry/egr-rte-rows.js';
import { deletePubIds } from '../registry/pub-id-rows.js';
import { deleteOffers } from '../registry/sed-grp-offer-rows.js';
import { deleteSedGrps } from '../registry/sed-grp-rows.js';
import { deleteSedRecs } from '../registry/sed-rec-rows.js';
import type { DeleteItem } from '../sppp/message.js';
import { doesNotExist, valueInvalid } from '../sppp/result.js';
import { Docket } from './docket.js';
import { attrOf, findRows, isOwnKey, type OwnKey, type OwnNoun, ownNounOf } from './keys.js';
import { withOffers } from './offers.js';
import type { Verdicts, Work } from './work.js';

const removing: Record<OwnNoun, (work: Work, ids: readonly number[]) => Promise<void>> = {
  DestGrp: ({ db, stamp }, ids) => deleteDestGrps(db, stamp, ids),
  PubId: ({ db }, ids) => deletePubIds(db, ids),
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
    ({ sedGrpKey }) => mayAct(work.caller, sedGrpKey.rant),
    (held) =>
      deleteOffers(
        work.db,
        held.map(({ id }) => id),
      ),
  );
}

async function deleteOwn(items: readonly (DeleteItem & { subject: OwnKey })[], work: Work): Promise<Verdicts> {
  const docket = new Docket(items, work);
  const admitted = docket.sift(items, ({ flaw, subject }) =>
    flaw === undefined ? mayAct(work.caller, subject.rant) : valueInvalid(flaw),
  );
  const noun = ownNounOf(items.map(({ subject }) => subject));
  const found = await findRows(
    work.db,
    noun,
    admitted.map(({ subject }) => subject),
    work.caller,
    'to delete',
  );
  docket.sift(admitted, ({ subject }, index) => {
    const { attrName, attrVal } = attrOf(subject);
    return found[index] === undefined ? doesNotExist(attrName, attrVal) : undefined;
  });
  const ids = found.filter((id) => id !== undefined);
  if (ids.length > 0 && docket.mayApply) await removing[noun](work, ids);
  return docket.verdicts();
}
