import type { Pool } from 'pg';

const DAY_MS = 86_400_000;

/** Rows looked at by one statement. */
const STEP = 5000;

const tables = ['identifier_change', 'share_change', 'object_removal'] as const;

/**
 * Forgets what is gone for longer than so many days, the oldest first, a few rows at a time. Cursors from before are too
 * old from then on, and are told so.
 *
 * @returns how many rows
 */
export async function purgeFeedChanges(pool: Pool, now: Date, days: number): Promise<number> {
  const before = new Date(now.getTime() - days * DAY_MS);
  let purged = 0;
  for (const table of tables) {
    for (;;) {
      const { rows } = await pool.query<{ count: number }>(
        `WITH gone AS (
           DELETE FROM sppp.${table}
            WHERE id IN (SELECT id FROM sppp.${table} ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED) AND changed_at < $2
           RETURNING xid),
         horizon AS (
           UPDATE sppp.feed_horizon SET xid = greatest(xid, (SELECT max(xid) FROM gone))
            WHERE EXISTS (SELECT FROM gone))
         SELECT count(*) AS count FROM gone`,
        [STEP, before],
      );
      const count = rows[0]?.count ?? 0;
      purged += count;
      if (count < STEP) break;
    }
  }
  return purged;
}
