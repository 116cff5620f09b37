import type { Pool } from 'pg';
import { runTransaction } from '../connection/transaction.js';
import { lockAllClaims } from './locks.js';
import type { Settlement } from './pending.js';

/** Claims settled in one transaction. */
const BATCH_CLAIMS = 5000;

/**
 * Settles every claim anew by the authority data: claims that the data refute are lost first, then claims that they
 * confirm win. Where the data have no carrier, the outcome stays. A run that was interrupted can be repeated.
 *
 * @param onProgress called with the number of claims done so far; each claim counts twice, once for each of the two
 * steps
 */
export async function settleAllClaims(
  pool: Pool,
  at: Date,
  onProgress?: (looked: number) => void,
): Promise<Settlement & { readonly claims: number }> {
  let looked = 0;
  let claims = 0;
  const pass = async (verdict: 'refuted' | 'confirmed') => {
    let changed = 0;
    claims = 0;
    for (let after: number | null = 0; after !== null; ) {
      const done = await settleSome(pool, at, verdict, after);
      after = done.after;
      changed += done.changed;
      claims += done.claims;
      looked += done.claims;
      if (done.claims > 0) onProgress?.(looked);
    }
    return changed;
  };
  const lost = await pass('refuted');
  const won = await pass('confirmed');
  return { claims, won, lost };
}

interface Some {
  /** Row id of the last claim; null: there was none. */
  readonly after: number | null;
  readonly claims: number;
  readonly changed: number;
}

function settleSome(pool: Pool, at: Date, verdict: 'refuted' | 'confirmed', after: number): Promise<Some> {
  return runTransaction(pool, async (db) => {
    await db.query('SET LOCAL lock_timeout = 0');
    await lockAllClaims(db);
    const { rows } = await db.query<Some>(
      `WITH looked AS MATERIALIZED (
         SELECT p.id, p.cor, o.org_id, sppp.number_interval(p.kind, p.value) AS span
           FROM sppp.public_identifier p JOIN sppp.organization o ON o.id = p.rant_id
          WHERE p.cor_claim AND p.id > $1 ORDER BY p.id LIMIT $2),
       judged AS (
         SELECT looked.id, v.carrier FROM looked CROSS JOIN LATERAL sppp.cor_verdict(looked.span, looked.org_id) v
          WHERE looked.cor IS DISTINCT FROM ($3 = 'confirmed') AND v.verdict = $3),
       settled AS (
         UPDATE sppp.public_identifier p SET cor = ($3 = 'confirmed'), cor_date = $4
           FROM judged j WHERE p.id = j.id AND p.cor_claim RETURNING p.id, CASE $3 WHEN 'refuted' THEN j.carrier END AS rival),
       ruled AS (
         INSERT INTO sppp.cor_ruling (public_identifier_id, decided_by, since, rival)
           SELECT id, 'authority', $4, rival FROM settled
         ON CONFLICT (public_identifier_id) DO UPDATE
           SET decided_by = excluded.decided_by, since = excluded.since, rival = excluded.rival, span = NULL)
       SELECT (SELECT max(id) FROM looked) AS after, (SELECT count(*) FROM looked) AS claims,
              (SELECT count(*) FROM settled) AS changed`,
      [after, BATCH_CLAIMS, verdict, at],
    );
    return rows[0] ?? { after: null, claims: 0, changed: 0 };
  });
}
