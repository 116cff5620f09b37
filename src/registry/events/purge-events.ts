import type { Pool } from 'pg';
import { daysBefore } from '../../values/days.js';

/** Events looked at by one statement. */
const STEP_ROWS = 5000;

/** A consumer that has not been seen for this many times the age of events is forgotten. */
const UNSEEN_TIMES = 10;

/**
 * Deletes events that were published more than a number of days ago, the oldest first, a few at a time, and notes how far.
 * Consumers that were not seen for ten times as long are deleted, too.
 *
 * @returns how many events
 */
export async function purgeEvents(pool: Pool, now: Date, days: number): Promise<number> {
  const before = daysBefore(now, days);
  let purged = 0;
  for (;;) {
    const { rows } = await pool.query<{ count: number }>(
      `WITH oldest AS (SELECT position, published_at FROM sppp.event
                        WHERE position > (SELECT forgotten FROM sppp.event_horizon) ORDER BY position LIMIT $1),
            purged AS (DELETE FROM sppp.event
                        WHERE position <= (SELECT max(position) FROM oldest)
                          AND position < coalesce((SELECT min(position) FROM oldest WHERE published_at >= $2),
                                                  9223372036854775807)
                       RETURNING position),
            horizon AS (UPDATE sppp.event_horizon SET forgotten = greatest(forgotten, (SELECT max(position) FROM purged))
                         WHERE EXISTS (SELECT FROM purged))
       SELECT count(*) AS count FROM purged`,
      [STEP_ROWS, before],
    );
    const count = rows[0]?.count ?? 0;
    purged += count;
    if (count < STEP_ROWS) break;
  }
  const unseen = daysBefore(now, UNSEEN_TIMES * days);
  await pool.query('DELETE FROM sppp.event_consumer WHERE seen_at < $1', [unseen]);
  return purged;
}
