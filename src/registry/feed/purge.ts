import type { Pool } from 'pg';
import { daysBefore } from '../../values/days.js';

/** Rows looked at by one statement. */
const STEP_ROWS = 5000;

const tables = ['identifier_change', 'share_change', 'object_removal'] as const;

/**
 * Deletes logged changes that are older than a number of days, the oldest first, a few rows at a time. From then on, a
 * pull with an older cursor is refused.
 *
 * @returns how many rows
 */
export async function purgeFeedChanges(pool: Pool, now: Date, days: number): Promise<number> {
  const before = daysBefore(now, days);
  let purged = 0;
  for (const table of tables) {
    for (;;) {
      const { rows } = await pool.query<{ count: number }>(
        `WITH purged_rows AS (
           DELETE FROM sppp.${table}
            WHERE id IN (SELECT id FROM sppp.${table} ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED) AND changed_at < $2
           RETURNING xid),
         horizon AS (
           UPDATE sppp.feed_horizon SET xid = greatest(xid, (SELECT max(xid) FROM purged_rows))
            WHERE EXISTS (SELECT FROM purged_rows))
         SELECT count(*) AS count FROM purged_rows`,
        [STEP_ROWS, before],
      );
      const count = rows[0]?.count ?? 0;
      purged += count;
      if (count < STEP_ROWS) break;
    }
  }
  return purged;
}
