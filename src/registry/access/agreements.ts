import type { Pool, PoolClient } from 'pg';
import { OperatorError } from '../../operator-error.js';
import { patternKeyOf, readNamePattern } from '../../values/name-pattern.js';
import { type ParameterFault, parameterFault } from '../../values/parameter-fault.js';
import { isLockTimeout } from '../connection/database-error.js';
import { runTransaction } from '../connection/transaction.js';

/** Agreements in force by which one organization accepts offers: each new offer to it may be compared with all of them. */
export const MAX_AGREEMENTS = 1000;

/** How long a change of an agreement waits for requests that it covers offers of. */
const LOCK_TIMEOUT = '10s';

/** What an organization agrees to: the offers of another one are accepted when they are made (docs/agreements.md). */
export interface NewAgreement {
  readonly offeredTo: string;
  /** Registrant of the SED groups. */
  readonly offeredBy: string;
  /** Of the names of the groups; null: all groups. */
  readonly pattern: string | null;
}

export interface Agreement extends NewAgreement {
  readonly id: number;
  readonly createdAt: Date;
  /** User name of a registrar, or whom an operator acted for. */
  readonly createdBy: string;
  /** Null: an operator made it. */
  readonly createdRegistrar: string | null;
  /** Null: it is in force. */
  readonly withdrawnAt: Date | null;
  readonly withdrawnBy: string | null;
  readonly withdrawnRegistrar: string | null;
}

/** Who changes an agreement: a registrar by its login, or an operator on behalf of somebody. */
export type Author = { readonly credentialId: number } | { readonly onBehalfOf: string };

/** Offers that an agreement covers are being added. */
export class AgreementInUseError extends OperatorError {
  constructor() {
    super('offers between these organizations are being added; try again');
  }
}

const AGREEMENTS = `SELECT a.id, recipient.org_id AS "offeredTo", registrant.org_id AS "offeredBy", a.pattern,
         a.created_at AS "createdAt", a.created_by AS "createdBy", maker.org_id AS "createdRegistrar",
         a.withdrawn_at AS "withdrawnAt", a.withdrawn_by AS "withdrawnBy", ender.org_id AS "withdrawnRegistrar"
    FROM sppp.standing_agreement a
    JOIN sppp.organization recipient ON recipient.id = a.offered_to_id
    JOIN sppp.organization registrant ON registrant.id = a.offered_by_id
    LEFT JOIN sppp.organization maker ON maker.id = a.created_rar_id
    LEFT JOIN sppp.organization ender ON ender.id = a.withdrawn_rar_id`;

/** User name and row id of the registrar, from the row id of a credential ($1) or the person that an operator names ($2). */
const AUTHOR = `SELECT c.username AS by, c.registrar_id AS rar_id FROM sppp.credential c WHERE c.id = $1
                UNION ALL SELECT $2::text, NULL WHERE $2::text IS NOT NULL`;

/**
 * Makes an agreement, unless an equal one is in force.
 *
 * @returns it, and whether it is new; or the value that breaks a rule
 * @throws AgreementInUseError
 */
export async function makeAgreement(
  pool: Pool,
  { offeredTo, offeredBy, pattern: written }: NewAgreement,
  author: Author,
  at: Date,
): Promise<{ readonly agreement: Agreement; readonly isNew: boolean } | ParameterFault> {
  const pattern = written === null ? null : readNamePattern(written);
  if (pattern !== null && typeof pattern !== 'string') return parameterFault('pattern', written ?? '', pattern.error);
  for (const [field, orgId] of Object.entries({ offeredTo, offeredBy })) {
    if (orgId.includes('\0')) return parameterFault(field, orgId, 'no null characters');
  }
  if (offeredTo === offeredBy) return parameterFault('offeredBy', offeredBy, 'another organization than offeredTo');
  return withPatience(pool, async (db) => {
    // Those who make agreements for one organization take turns, and it is not removed meanwhile.
    const { rows } = await db.query<{ id: number; orgId: string }>(
      `SELECT id, org_id AS "orgId" FROM sppp.organization WHERE org_id = ANY ($1) AND removed_at IS NULL
        ORDER BY id FOR NO KEY UPDATE`,
      [[offeredTo, offeredBy]],
    );
    const ids = new Map(rows.map(({ orgId, id }) => [orgId, id]));
    for (const [field, orgId] of Object.entries({ offeredTo, offeredBy })) {
      if (!ids.has(orgId)) return parameterFault(field, orgId, 'an organization of the registry');
    }
    const sides = [ids.get(offeredTo), ids.get(offeredBy)];
    const key = pattern === null ? null : patternKeyOf(pattern);
    const known = await findInForce(db, sides, key);
    if (known !== undefined) return { agreement: known, isNew: false };
    const made = await db.query(
      `INSERT INTO sppp.standing_agreement
           (offered_to_id, offered_by_id, pattern, pattern_key, created_at, created_by, created_rar_id)
       SELECT $3, $4, $5, $6, $7, author.by, author.rar_id FROM (${AUTHOR}) author
        WHERE (SELECT count(*) FROM sppp.standing_agreement
                WHERE offered_to_id = $3 AND withdrawn_at IS NULL) < ${MAX_AGREEMENTS}`,
      [...authorValues(author), ...sides, pattern, key, at],
    );
    if (made.rowCount === 0)
      return parameterFault('offeredTo', offeredTo, `at most ${MAX_AGREEMENTS} agreements in force`);
    const agreement = await findInForce(db, sides, key);
    if (agreement === undefined) throw new Error('an agreement that was made');
    return { agreement, isNew: true };
  });
}

async function findInForce(
  db: PoolClient,
  sides: readonly (number | undefined)[],
  key: string | null,
): Promise<Agreement | undefined> {
  const { rows } = await db.query<Agreement>(
    `${AGREEMENTS} WHERE a.offered_to_id = $1 AND a.offered_by_id = $2 AND a.pattern_key IS NOT DISTINCT FROM $3
                     AND a.withdrawn_at IS NULL`,
    [...sides, key],
  );
  return rows[0];
}

/** An agreement by its number, withdrawn ones included. */
export async function findAgreement(pool: Pick<Pool, 'query'>, id: number): Promise<Agreement | undefined> {
  const { rows } = await pool.query<Agreement>(`${AGREEMENTS} WHERE a.id = $1`, [id]);
  return rows[0];
}

/**
 * Withdraws an agreement that there is; one that is withdrawn already stays as it is. What it accepted stays accepted.
 *
 * @throws AgreementInUseError
 */
export async function withdrawAgreement(pool: Pool, id: number, author: Author, at: Date): Promise<Agreement> {
  return withPatience(pool, async (db) => {
    await db.query(
      `UPDATE sppp.standing_agreement a
          SET withdrawn_at = greatest($4, a.created_at), withdrawn_by = author.by, withdrawn_rar_id = author.rar_id
         FROM (${AUTHOR}) author
        WHERE a.id = $3 AND a.withdrawn_at IS NULL`,
      [...authorValues(author), id, at],
    );
    const agreement = await findAgreement(db, id);
    if (agreement === undefined) throw new Error('an agreement that was found');
    return agreement;
  });
}

export interface AgreementFilter {
  /** Row ids of organizations: those alone by which one of these accepts. */
  readonly offeredToIds?: readonly number[];
  readonly offeredTo?: string | undefined;
  readonly offeredBy?: string | undefined;
  /** Withdrawn ones, too. */
  readonly withWithdrawn?: boolean | undefined;
  /** Those with larger numbers alone. */
  readonly after?: number;
  readonly max?: number;
}

/** Agreements in the order in which they were made. */
export async function listAgreements(pool: Pick<Pool, 'query'>, filter: AgreementFilter): Promise<Agreement[]> {
  const { offeredToIds, offeredTo, offeredBy, withWithdrawn = false, after = 0, max } = filter;
  const { rows } = await pool.query<Agreement>(
    `${AGREEMENTS}
      WHERE ($1::int[] IS NULL OR a.offered_to_id = ANY ($1)) AND ($2::text IS NULL OR recipient.org_id = $2)
        AND ($3::text IS NULL OR registrant.org_id = $3) AND ($4 OR a.withdrawn_at IS NULL) AND a.id > $5::bigint
      ORDER BY a.id LIMIT $6`,
    [offeredToIds, offeredTo, offeredBy, withWithdrawn, after, max],
  );
  return rows;
}

/** An offer that an agreement accepted, and that is there. */
export interface AcceptedOffer {
  /** Row id. */
  readonly id: number;
  /** Name of the SED group. */
  readonly name: string;
  readonly acceptDateTime: Date;
}

/** Offers that an agreement accepted: so many at most, behind the one with that row id. */
export async function listAccepted(
  pool: Pick<Pool, 'query'>,
  agreementId: number,
  after: number,
  max: number,
): Promise<AcceptedOffer[]> {
  const { rows } = await pool.query<AcceptedOffer>(
    `SELECT f.id, g.name, f.accept_date_time AS "acceptDateTime"
       FROM sppp.sed_group_offer f JOIN sppp.sed_group g ON g.id = f.sed_group_id
      WHERE f.agreement_id = $1 AND f.id > $2 ORDER BY f.id LIMIT $3`,
    [agreementId, after, max],
  );
  return rows;
}

function authorValues(author: Author): [number | undefined, string | undefined] {
  return 'credentialId' in author ? [author.credentialId, undefined] : [undefined, author.onBehalfOf];
}

/** A transaction that waits for no lock longer than LOCK_TIMEOUT. */
async function withPatience<T>(pool: Pool, work: (db: PoolClient) => Promise<T>): Promise<T> {
  try {
    return await runTransaction(pool, async (db) => {
      await db.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
      return work(db);
    });
  } catch (error) {
    throw isLockTimeout(error) ? new AgreementInUseError() : error;
  }
}
