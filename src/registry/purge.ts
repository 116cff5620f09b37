import type { Pool } from 'pg';

const DAY_MS = 86_400_000;

/** Requests looked at by one statement. */
const STEP = 500;

/**
 * Deletes kept requests that are older than so many days, the oldest first, a few at a time; their journal rows stay.
 *
 * @returns how many
 */
export async function purgeKeptRequests(pool: Pool, now: Date, days: number): Promise<number> {
  const before = new Date(now.getTime() - days * DAY_MS);
  for (let purged = 0; ; ) {
    const { rowCount } = await pool.query(
      `DELETE FROM sppp.transaction_body
        WHERE transaction_id IN (SELECT transaction_id FROM sppp.transaction_body
                                  ORDER BY transaction_id LIMIT $1 FOR UPDATE SKIP LOCKED)
          AND kept_at < $2`,
      [STEP, before],
    );
    purged += rowCount ?? 0;
    if ((rowCount ?? 0) < STEP) return purged;
  }
}
