import { mayAnswer } from '../authority/may.js';
import { acceptOffers } from '../registry/sed-grp-offer-rows.js';
import type { AcceptItem } from '../sppp/message.js';
import { withOffers } from './offers.js';
import type { Verdicts, Work } from './work.js';

/** Accepts a run of offers: their recipients become peers. One accepted before stays as it is (RFC 7877 §7.4). */
export function acceptOffer(items: readonly AcceptItem[], work: Work): Promise<Verdicts> {
  return withOffers(
    items,
    work,
    (key) => mayAnswer(work.caller, 'accept', key),
    async (offers) => {
      const waiting = offers.filter(({ status }) => status === 'offered').map(({ id }) => id);
      await acceptOffers(work.db, work.stamp, waiting);
    },
  );
}
