import { foldName } from '../objects/fold-name.js';
import type { SedGrpOfferKey } from '../objects/key.js';
import type { SedGrpOffer } from '../objects/sed-grp-offer.js';
import { findOffers, holdOffers, type OfferName } from '../registry/sed-grp-offer-rows.js';
import type { AcceptItem, DeleteItem, RejectItem } from '../sppp/message.js';
import { doesNotExist, type Result, valueInvalid } from '../sppp/result.js';
import { Docket } from './docket.js';
import type { Verdicts, Work } from './work.js';

export interface HeldOffer {
  readonly id: number;
  readonly status: SedGrpOffer['status'];
}

/** How an offer is found in the registry. */
export function offerName({ sedGrpKey, offeredTo }: SedGrpOfferKey): OfferName {
  return { rant: sedGrpKey.rant, nameKey: foldName(sedGrpKey.name), offeredTo };
}

/**
 * Does one thing to a run of offers that must be there: judges form and authority, holds the offers, and does it to
 * those that can be had. An offer that is not there is told by `name` if its group is not, else by `offeredTo`.
 */
export async function withOffers(
  items: readonly (AcceptItem | RejectItem | (DeleteItem & { readonly subject: SedGrpOfferKey }))[],
  work: Work,
  may: (key: SedGrpOfferKey) => Result | undefined,
  act: (offers: readonly HeldOffer[]) => Promise<void>,
): Promise<Verdicts> {
  const docket = new Docket(items);
  const admitted = docket.sift(items, ({ flaw, subject }) => (flaw === undefined ? may(subject) : valueInvalid(flaw)));
  const names = admitted.map(({ subject }) => offerName(subject));
  await work.turn;
  const found = await findOffers(work.db, names);
  const ids = found.flatMap(({ offerId }) => offerId ?? []);
  const statuses = await holdOffers(work.db, ids);
  // One that another request took away while this one waited for it may have gone with its group.
  const left = statuses.size < ids.length ? await findOffers(work.db, names) : found;
  const offers: HeldOffer[] = [];
  docket.sift(admitted, ({ subject: { sedGrpKey, offeredTo } }, index) => {
    const offerId = found[index]?.offerId ?? 0;
    const status = statuses.get(offerId);
    if (status === undefined) {
      return (left[index]?.sedGrpId ?? null) === null
        ? doesNotExist('name', sedGrpKey.name)
        : doesNotExist('offeredTo', offeredTo);
    }
    offers.push({ id: offerId, status });
    return undefined;
  });
  if (offers.length > 0) await act(offers);
  return docket.verdicts();
}
