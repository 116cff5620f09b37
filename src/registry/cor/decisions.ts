import type { Pool } from 'pg';
import { OperatorError } from '../../operator-error.js';
import { runTransaction } from '../connection/transaction.js';
import type { PubIdRowName } from '../rows/pub-id-row.js';
import { demoteHolders } from './claims.js';
import { lockClaims } from './locks.js';

/** An identifier as an operator names it: by kind and digits. */
export type ClaimedNumbers = Pick<PubIdRowName, 'type' | 'value'>;

/**
 * Settles a claim as the operator decides. If the claim is accepted, other holders of the same numbers keep their
 * identifiers and lose their claims, and waiting claims to the numbers are lost.
 *
 * @throws OperatorError if there is no such claim
 */
export function decideClaim(
  pool: Pool,
  numbers: ClaimedNumbers,
  orgId: string,
  accept: boolean,
  at: Date,
): Promise<void> {
  return runTransaction(pool, async (db) => {
    await lockClaims(db, [numbers]);
    const { rows } = await db.query<{ id: number; rantId: number; transactionId: number }>(
      `SELECT p.id, p.rant_id AS "rantId", p.transaction_id AS "transactionId"
         FROM sppp.public_identifier p JOIN sppp.organization o ON o.id = p.rant_id
        WHERE p.value = $1 AND p.kind = $2::sppp.public_identifier_kind AND o.org_id = $3 AND p.cor_claim
          FOR UPDATE OF p`,
      [numbers.value, numbers.type, orgId],
    );
    const [claim] = rows;
    if (claim === undefined) {
      throw new OperatorError(`${numbers.type} ${numbers.value}: ${orgId} has no claim to it`);
    }
    const claimant = { id: claim.rantId, orgId };
    if (accept) {
      await demoteHolders(db, claimant, [{ ...numbers, transactionId: claim.transactionId }], at, 'operator');
      await db.query(
        `WITH rivals AS (
           UPDATE sppp.public_identifier q SET cor = false, cor_date = $3
             FROM sppp.cor_ruling w
            WHERE w.public_identifier_id = q.id AND w.decided_by IS NULL AND q.cor_claim AND q.cor IS NULL
              AND w.span && sppp.number_interval($4::sppp.public_identifier_kind, $5) AND q.rant_id <> $1
           RETURNING q.id)
         UPDATE sppp.cor_ruling r SET decided_by = 'operator', since = $3, rival = $2
           FROM rivals WHERE r.public_identifier_id = rivals.id`,
        [claim.rantId, orgId, at, numbers.type, numbers.value],
      );
    }
    await db.query('UPDATE sppp.public_identifier SET cor = $2, cor_date = $3 WHERE id = $1', [claim.id, accept, at]);
    // A refused claim stays a rival: other waiting claims do not win by its refusal.
    await db.query(
      `INSERT INTO sppp.cor_ruling (public_identifier_id, decided_by, since, span)
         SELECT id, 'operator', $2, CASE WHEN NOT cor THEN sppp.number_interval(kind, value) END
           FROM sppp.public_identifier WHERE id = $1
       ON CONFLICT (public_identifier_id) DO UPDATE
         SET decided_by = excluded.decided_by, since = excluded.since, span = excluded.span,
             rival = CASE WHEN excluded.span IS NOT NULL THEN cor_ruling.rival END`,
      [claim.id, at],
    );
  });
}

/** A claim to some numbers, as the view `sppp_api.cor_claim` has it. */
export interface ListedClaim {
  readonly registrant: string;
  readonly kind: string;
  readonly identifier: string;
  /** The value in digits. */
  readonly value: string;
  readonly state: string;
  readonly since: Date | null;
  readonly rival: string | null;
  readonly decidedBy: string | null;
  /** It waits for the operator because it covers more numbers than a first claim may take. */
  readonly isWide: boolean;
}

/** A span of the authority data that holds a number. */
export interface ListedSpan {
  readonly numbers: string;
  readonly carrier: string;
  readonly source: string;
  readonly loadedAt: Date;
}

/** The claims to one number and its authority data. */
export interface CorPicture {
  readonly claims: readonly ListedClaim[];
  /** Spans, the narrowest first: that one decides. */
  readonly spans: readonly ListedSpan[];
}

/** Reads the claims to a number and its authority data. */
export async function pictureOf(pool: Pool, type: 'TN' | 'RN', digits: string): Promise<CorPicture> {
  const claims = await pool.query<ListedClaim>(
    `SELECT c.registrant, c.kind, c.identifier, c.value, c.state, c.since, c.rival, c.decided_by AS "decidedBy",
            c.is_wide AS "isWide"
       FROM sppp_api.cor_claim c
      WHERE ($1 = 'RN' AND c.kind = 'RN' AND c.value = $2)
         OR ($1 = 'TN' AND (c.kind = 'TN' AND c.value = $2
             OR c.kind = 'TNPrefix' AND c.value IN (SELECT left($2, n) FROM generate_series(1, length($2)) n)
             OR c.kind = 'TNRange' AND sppp.number_interval('TNRange', c.value) @> sppp.interval_start($2)))
      ORDER BY c.state, c.since, c.registrant, c.identifier`,
    [type, digits],
  );
  const spans = await pool.query<ListedSpan>(
    `SELECT a.numbers, a.carrier, a.source, a.loaded_at AS "loadedAt"
       FROM sppp.cor_authority a, lower(sppp.number_interval($1::sppp.public_identifier_kind, $2)) at
      WHERE a.first <= at AND a.last >= at
      ORDER BY a.last - a.first, a.loaded_at DESC, a.id DESC`,
    [type, digits],
  );
  return { claims: claims.rows, spans: spans.rows };
}
