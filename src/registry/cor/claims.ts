import type { ClientBase } from 'pg';
import type { ClaimFacts, CorDecider } from '../../model/cor-rules.js';
import { deletePubIdsOnRecord } from '../rows/delete-pub-ids.js';
import type { PubIdRowName } from '../rows/pub-id-row.js';
import { lockClaims } from './locks.js';

/** The claimant. All claims of a run are of one registrant. */
export interface Claimant {
  readonly id: number;
  readonly orgId: string;
}

/** What identifies a claim of a claimant. */
export type Claim = Pick<PubIdRowName, 'type' | 'value'>;

/** The state of a claim and of its identifier in the registry. */
export interface KnownClaim extends Omit<ClaimFacts, 'isWide'> {
  /** Null: the identifier does not exist. */
  readonly cDate: Date | null;
}

/** Reads the state of claims. Until the transaction ends, no other request settles claims to the same numbers. */
export async function findClaimFacts(
  db: ClientBase,
  claimant: Claimant,
  claims: readonly Claim[],
): Promise<KnownClaim[]> {
  await lockClaims(db, claims);
  const { rows } = await db.query<KnownClaim>(
    `SELECT coalesce(p.c_date, t.received_at) AS "cDate", p.cor, p.cor_date AS "corDate",
            CASE WHEN p.cor_claim AND p.cor IS NULL THEN r.since END AS "waitsSince",
            CASE WHEN p.cor_claim AND p.cor IS NULL THEN r.rival END AS "waitsFor",
            coalesce(p.cor_claim AND p.cor IS NULL AND r.is_wide, false) AS "waitsAsWide",
            v.verdict, v.carrier, holder.org_id AS holder, waiting.org_id AS waiting
       FROM unnest($3::sppp.public_identifier_kind[], $4::text[]) WITH ORDINALITY AS c(kind, value, ordinal)
      CROSS JOIN LATERAL (SELECT sppp.number_interval(c.kind, c.value) AS span OFFSET 0) l
       LEFT JOIN sppp.public_identifier p ON p.value = c.value AND p.kind = c.kind AND p.rant_id = $1
       LEFT JOIN sppp.transaction t ON t.id = p.transaction_id
       LEFT JOIN sppp.cor_ruling r ON r.public_identifier_id = p.id
      CROSS JOIN LATERAL sppp.cor_verdict(l.span, $2) v
       LEFT JOIN LATERAL (SELECT o.org_id FROM sppp.public_identifier h JOIN sppp.organization o ON o.id = h.rant_id
                           WHERE h.cor AND sppp.number_interval(h.kind, h.value) && l.span AND h.rant_id <> $1
                           LIMIT 1) holder ON true
       LEFT JOIN LATERAL (SELECT o.org_id FROM sppp.cor_ruling w
                            JOIN sppp.public_identifier q ON q.id = w.public_identifier_id
                            JOIN sppp.organization o ON o.id = q.rant_id
                           WHERE w.span && l.span AND w.decided_by IS NULL AND q.cor_claim AND q.cor IS NULL
                             AND q.rant_id <> $1 AND NOT w.is_wide
                           LIMIT 1) waiting ON true
      ORDER BY c.ordinal`,
    [claimant.id, claimant.orgId, claims.map(({ type }) => type), claims.map(({ value }) => value)],
  );
  return rows;
}

/** A claim that takes numbers from another, and the journal row of its request. */
export type Winner = Claim & { readonly transactionId: number };

/** Takes the claims of holders of the same numbers; their identifiers stay. */
export async function demoteHolders(
  db: ClientBase,
  claimant: Claimant,
  winners: readonly Winner[],
  at: Date,
  by: CorDecider = 'authority',
): Promise<void> {
  await db.query(
    `WITH fallen AS (
       UPDATE sppp.public_identifier p
          SET cor = false, cor_date = $3, transaction_id = c.transaction_id,
              c_date = coalesce(p.c_date, sppp.received_at(p.transaction_id)),
              rar_id = coalesce(p.rar_id, sppp.registrar_of(p.transaction_id))
         FROM (SELECT sppp.number_interval(kind, value) AS span, transaction_id
                 FROM unnest($4::sppp.public_identifier_kind[], $5::text[], $6::bigint[]) AS n(kind, value, transaction_id)
               OFFSET 0) c
        WHERE p.cor AND sppp.number_interval(p.kind, p.value) && c.span AND p.rant_id <> $1
       RETURNING p.id)
     INSERT INTO sppp.cor_ruling (public_identifier_id, decided_by, since, rival)
       SELECT id, $7::sppp.cor_decider, $3, $2 FROM fallen
     ON CONFLICT (public_identifier_id) DO UPDATE
       SET decided_by = excluded.decided_by, since = excluded.since, rival = excluded.rival, span = NULL`,
    [
      claimant.id,
      claimant.orgId,
      at,
      winners.map(({ type }) => type),
      winners.map(({ value }) => value),
      winners.map(({ transactionId }) => transactionId),
      by,
    ],
  );
}

/** Deletes the identifiers of holders of the same numbers. */
export async function removeHolders(db: ClientBase, claimant: Claimant, winners: readonly Winner[]): Promise<void> {
  const { rows } = await db.query<PubIdRowName & { transactionId: number }>(
    `SELECT p.rant_id AS "rantId", p.kind AS type, p.value, min(c.transaction_id) AS "transactionId"
       FROM (SELECT sppp.number_interval(kind, value) AS span, transaction_id
               FROM unnest($2::sppp.public_identifier_kind[], $3::text[], $4::bigint[]) AS n(kind, value, transaction_id)
             OFFSET 0) c
       JOIN sppp.public_identifier p ON p.cor AND sppp.number_interval(p.kind, p.value) && c.span AND p.rant_id <> $1
      GROUP BY p.id`,
    [
      claimant.id,
      winners.map(({ type }) => type),
      winners.map(({ value }) => value),
      winners.map(({ transactionId }) => transactionId),
    ],
  );
  if (rows.length === 0) return;
  await db.query('SELECT sppp.tell_lost_claims($1, $2, $3, $4, $5)', [
    rows.map(({ rantId }) => rantId),
    rows.map(({ type }) => type),
    rows.map(({ value }) => value),
    rows.map(({ transactionId }) => transactionId),
    claimant.orgId,
  ]);
  await deletePubIdsOnRecord(db, rows);
}

/** The ruling on a claim, stored beside its identifier. */
export interface Ruling {
  readonly id: number;
  /** Absent: the claim waits. */
  readonly by: CorDecider | undefined;
  readonly since: Date;
  readonly rival: string | undefined;
  /** The claim waits because it is wide. */
  readonly isWide?: boolean;
}

/**
 * Stores the rulings on claims, and for which claims the waiting ones are rivals. Wide claims are rivals for each other
 * only: otherwise a registrant that claims all numbers would make every other claim wait.
 */
export async function putRulings(db: ClientBase, claimant: Claimant, rulings: readonly Ruling[]): Promise<void> {
  if (rulings.length === 0) return;
  await db.query(
    `INSERT INTO sppp.cor_ruling (public_identifier_id, decided_by, since, rival, is_wide, span)
       SELECT n.id, n.decided_by, n.since, n.rival, n.is_wide,
              CASE WHEN n.decided_by IS NULL THEN sppp.number_interval(p.kind, p.value) END
         FROM unnest($1::bigint[], $2::sppp.cor_decider[], $3::timestamptz[], $4::text[], $5::boolean[])
           AS n(id, decided_by, since, rival, is_wide)
         JOIN sppp.public_identifier p ON p.id = n.id
     ON CONFLICT (public_identifier_id) DO UPDATE
       SET decided_by = excluded.decided_by, since = excluded.since, rival = excluded.rival, is_wide = excluded.is_wide,
           span = excluded.span`,
    [
      rulings.map(({ id }) => id),
      rulings.map(({ by }) => by),
      rulings.map(({ since }) => since),
      rulings.map(({ rival }) => rival),
      rulings.map(({ isWide = false }) => isWide),
    ],
  );
  const waiting = rulings.filter(({ by }) => by === undefined);
  if (waiting.length === 0) return;
  await db.query(
    `UPDATE sppp.cor_ruling r SET rival = $2
       FROM sppp.cor_ruling n, sppp.public_identifier q
      WHERE n.public_identifier_id = ANY ($1) AND r.span && n.span AND r.decided_by IS NULL AND r.rival IS NULL
        AND q.id = r.public_identifier_id AND q.cor_claim AND q.cor IS NULL AND q.rant_id <> $3
        AND (r.is_wide OR NOT n.is_wide)`,
    [waiting.map(({ id }) => id), claimant.orgId, claimant.id],
  );
}

/** Deletes the earlier rulings. */
export async function dropRulings(db: ClientBase, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await db.query('DELETE FROM sppp.cor_ruling WHERE public_identifier_id = ANY ($1)', [ids]);
}
