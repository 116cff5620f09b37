import type { ClientBase, Pool } from 'pg';
import { daysBefore } from '../../values/days.js';
import { runTransaction } from '../connection/transaction.js';
import { lockAllClaims } from './locks.js';

/** How many waiting claims were won and lost. */
export interface Settlement {
  readonly won: number;
  readonly lost: number;
}

/**
 * Settles claims that wait. A claim wins when all its rivals have withdrawn theirs, by deleting the identifier or
 * adding it again without the claim. It is lost when it has waited for the given number of days. A rival that lost by
 * the operator's decision or by time has not withdrawn, so no other claim wins by that.
 */
export async function settlePending(pool: Pool, now: Date, holdDays: number): Promise<Settlement> {
  const { rows } = await pool.query('SELECT FROM sppp.cor_ruling WHERE decided_by IS NULL LIMIT 1');
  if (rows.length === 0) return { won: 0, lost: 0 };
  return runTransaction(pool, async (db) => {
    await lockAllClaims(db);
    const lost = await decide(db, 'expiry', expired, [now, daysBefore(now, holdDays)]);
    const won = await decide(db, 'withdrawal', unrivalled, [now]);
    await db.query(
      `DELETE FROM sppp.cor_ruling r USING sppp.public_identifier p
        WHERE r.decided_by IS NULL AND p.id = r.public_identifier_id AND p.cor_claim IS NOT TRUE`,
    );
    return { won, lost };
  });
}

const expired = 'r.since < $2';

// A wide claim waits for the operator whatever its rivals do, and no other claim waits for it.
const unrivalled = `r.rival IS NOT NULL AND NOT r.is_wide
  AND NOT EXISTS (SELECT FROM sppp.public_identifier h
                   WHERE h.cor AND sppp.number_interval(h.kind, h.value) && r.span AND h.rant_id <> p.rant_id)
  AND NOT EXISTS (SELECT FROM sppp.cor_ruling w JOIN sppp.public_identifier q ON q.id = w.public_identifier_id
                   WHERE w.span && r.span AND q.cor_claim AND q.cor IS NOT TRUE AND q.rant_id <> p.rant_id
                     AND NOT w.is_wide)`;

/** Decides the waiting claims for which the condition is true: won by withdrawal, or lost by time. */
async function decide(
  db: ClientBase,
  by: 'expiry' | 'withdrawal',
  condition: string,
  values: readonly unknown[],
): Promise<number> {
  const wins = by === 'withdrawal';
  const { rowCount } = await db.query(
    `WITH due AS (
       SELECT p.id FROM sppp.cor_ruling r JOIN sppp.public_identifier p ON p.id = r.public_identifier_id
        WHERE r.decided_by IS NULL AND p.cor_claim AND p.cor IS NULL AND ${condition}),
     decided AS (
       UPDATE sppp.public_identifier p SET cor = ${wins}, cor_date = $1 FROM due WHERE p.id = due.id RETURNING p.id)
     UPDATE sppp.cor_ruling r SET decided_by = '${by}', since = $1${wins ? ', rival = NULL, span = NULL' : ''}
       FROM decided WHERE r.public_identifier_id = decided.id`,
    [...values],
  );
  return rowCount ?? 0;
}
