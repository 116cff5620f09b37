import type { Pool } from 'pg';
import type { PubIdRowName } from '../rows/pub-id-row.js';
import type { ClaimedNumbers } from './decisions.js';

/** What became of a claim, and which rows p and r of its identifier and its ruling have that. */
const conditions = {
  pending: 'p.cor IS NULL AND r.rival IS NULL',
  contested: 'p.cor IS NULL AND r.rival IS NOT NULL',
  holds: 'p.cor',
  lost: 'NOT p.cor',
} as const;

/** As `sppp_api.cor_claim` has it: pending and contested claims wait. */
export type ClaimState = keyof typeof conditions;

/** Claims in a state, or those in both states of waiting. */
export type ClaimChoice = ClaimState | 'waiting';
export const claimChoices: readonly ClaimChoice[] = ['waiting', 'pending', 'contested', 'holds', 'lost'];

/** A claim to be carrier of record. */
export interface FoundClaim {
  /** Row id of its identifier. */
  readonly id: number;
  readonly registrant: string;
  readonly type: PubIdRowName['type'];
  /** In digits. */
  readonly value: string;
  readonly state: ClaimState;
  /** When it was decided, or since when it waits. */
  readonly since: Date | null;
  readonly rival: string | null;
  readonly decidedBy: string | null;
  /** It waits because it covers more numbers than a first claim may take. */
  readonly isWide: boolean;
}

const columns = `p.id, o.org_id AS registrant, p.kind::text AS type, p.value,
  CASE ${Object.entries(conditions)
    .map(([state, condition]) => `WHEN ${condition} THEN '${state}'`)
    .join(' ')} END AS state,
  CASE WHEN p.cor IS NULL THEN r.since ELSE p.cor_date END AS since, r.rival,
  CASE WHEN p.cor IS NOT NULL THEN coalesce(r.decided_by, 'firstClaim')::text END AS "decidedBy",
  coalesce(p.cor IS NULL AND r.is_wide, false) AS "isWide"`;

const joined = `JOIN sppp.organization o ON o.id = p.rant_id
  LEFT JOIN sppp.cor_ruling r ON r.public_identifier_id = p.id`;

/** Which claims are listed. */
export interface ClaimFilter {
  readonly choice: ClaimChoice;
  /** Row ids of the registrants; undefined: all. */
  readonly rants: readonly number[] | undefined;
  /** Row id of the last one that was looked at. */
  readonly after: number;
}

/** Some claims in the order of their row ids, and behind which one to go on if there may be more. */
export interface ClaimList {
  readonly claims: readonly FoundClaim[];
  readonly next: number | undefined;
}

/** Claims that one statement looks through: it does not take long, however few of them are listed. */
const WINDOW = 50_000;

/** At most `limit` claims; fewer, or none, also where more may follow. */
export async function findClaims(pool: Pool, filter: ClaimFilter, limit: number): Promise<ClaimList> {
  const { choice, rants, after } = filter;
  const isDecided = choice === 'holds' || choice === 'lost';
  // Those that wait are few, and have an index of their own.
  const looked = isDecided
    ? 'SELECT id FROM sppp.public_identifier WHERE cor_claim'
    : 'SELECT public_identifier_id AS id FROM sppp.cor_ruling WHERE decided_by IS NULL';
  const window = await pool.query<{ id: number }>(
    `SELECT id FROM (${looked}) l WHERE id > $1 ORDER BY id OFFSET ${WINDOW - 1} LIMIT 1`,
    [after],
  );
  const last = window.rows[0]?.id;
  const { rows } = await pool.query<FoundClaim>(
    `SELECT ${columns} FROM (${looked}) l JOIN sppp.public_identifier p ON p.id = l.id ${joined}
      WHERE l.id > $1 AND l.id <= $2 AND p.cor_claim AND ${choice === 'waiting' ? 'p.cor IS NULL' : conditions[choice]}
        AND ($3::int[] IS NULL OR p.rant_id = ANY ($3))
      ORDER BY l.id LIMIT $4`,
    [after, last ?? Number.MAX_SAFE_INTEGER, rants, limit + 1],
  );
  const claims = rows.slice(0, limit);
  return { claims, next: rows.length > limit ? claims.at(-1)?.id : last };
}

/** What authority data say about a claim: another carrier has some of its numbers, the claimant has all, or nothing. */
export interface Verdict {
  readonly verdict: 'refuted' | 'confirmed' | 'silent';
  /** Who has them. */
  readonly carrier: string | null;
}

/** The claim of an organization to some numbers, with what authority data say about it; undefined: there is none. */
export async function findClaim(
  pool: Pool,
  { type, value }: ClaimedNumbers,
  orgId: string,
): Promise<(FoundClaim & Verdict) | undefined> {
  const { rows } = await pool.query<FoundClaim & Verdict>(
    `SELECT ${columns}, v.verdict, v.carrier FROM sppp.public_identifier p ${joined}
      CROSS JOIN LATERAL sppp.cor_verdict(sppp.number_interval(p.kind, p.value), o.org_id) v
      WHERE p.value = $1 AND p.kind = $2::sppp.public_identifier_kind AND o.org_id = $3 AND p.cor_claim`,
    [value, type, orgId],
  );
  return rows[0];
}

/** The claims of others that are lost if this one is accepted by `decideClaim`: at most so many, in no order. */
export async function findRivals(
  pool: Pool,
  { type, value }: ClaimedNumbers,
  orgId: string,
  limit: number,
): Promise<FoundClaim[]> {
  const { rows } = await pool.query<FoundClaim>(
    `SELECT ${columns}
       FROM (SELECT sppp.number_interval($1::sppp.public_identifier_kind, $2) AS span OFFSET 0) c
      CROSS JOIN LATERAL (
        SELECT h.id FROM sppp.public_identifier h WHERE h.cor AND sppp.number_interval(h.kind, h.value) && c.span
        UNION ALL
        SELECT w.public_identifier_id FROM sppp.cor_ruling w WHERE w.span && c.span AND w.decided_by IS NULL) x
       JOIN sppp.public_identifier p ON p.id = x.id ${joined}
      WHERE p.cor_claim AND p.cor IS NOT FALSE AND o.org_id <> $3
      LIMIT $4`,
    [type, value, orgId, limit],
  );
  return rows;
}
