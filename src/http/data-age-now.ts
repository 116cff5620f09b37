import type { Lookups } from '../lookup/lookups.js';
import { inTime } from '../scheduling/in-time.js';

/** Milliseconds in which the database has to say how old its data are. */
const ANSWER_MS = 900;

/**
 * Seconds by which the data of look-ups may be older than the primary's; undefined: nobody knows. It asks, as there may have
 * been no look-up of late. Never rejects.
 */
export async function dataAgeNow(lookups: Pick<Lookups, 'checkAge' | 'dataAge'>): Promise<number | undefined> {
  const asked = lookups.checkAge().catch(() => undefined);
  await inTime(asked, ANSWER_MS);
  return lookups.dataAge;
}
