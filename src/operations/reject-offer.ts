import { mayAnswer } from '../authority/may.js';
import { recordOfferDeletions } from '../registry/deletions.js';
import { deleteOffers } from '../registry/sed-grp-offer-rows.js';
import type { RejectItem } from '../sppp/message.js';
import { withOffers } from './offers.js';
import type { Verdicts, Work } from './work.js';

/** Rejects a run of offers, accepted before or not: they are gone, and so are the peers (RFC 7877 §7.5). */
export function rejectOffer(items: readonly RejectItem[], work: Work): Promise<Verdicts> {
  return withOffers(
    items,
    work,
    (key) => mayAnswer(work.caller, 'reject', key),
    async (offers) => {
      const ids = offers.map(({ id }) => id);
      await recordOfferDeletions(work.db, work.stamp, ids);
      await deleteOffers(work.db, ids);
    },
  );
}
