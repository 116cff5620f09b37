import type { Pool, PoolClient } from 'pg';
import { OperatorError } from '../../operator-error.js';

/** An organization in the list of all. */
export interface ListedOrganization {
  readonly orgId: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly suspendedAt: Date | null;
  /** Credentials that are not revoked. */
  readonly credentials: number;
  /** Registrants that it may act for. */
  readonly registrants: number;
}

/** An organization and those with which it has to do. */
export interface RelatedOrganization extends ListedOrganization {
  readonly usernames: readonly string[];
  /** Organizations that it may act for. */
  readonly actsFor: readonly string[];
  /** Organizations that may act for it. */
  readonly actedForBy: readonly string[];
  /** Organizations that have accepted an SED group of it. */
  readonly peers: readonly string[];
}

/** The same with how many objects it has: what suspending or removing it affects. */
export interface OrganizationState extends RelatedOrganization {
  /** Objects that it owns. */
  readonly publicIdentifiers: number;
  readonly destinationGroups: number;
  readonly sedGroups: number;
  readonly sedRecords: number;
  readonly egressRoutes: number;
  /** Offers that others have made to it, accepted or not. */
  readonly offersReceived: number;
  /** Objects of others that it wrote last, as their registrar. */
  readonly objectsOfOthers: number;
}

const LISTED = `o.org_id AS "orgId", o.name, o.created_at AS "createdAt", o.suspended_at AS "suspendedAt",
  (SELECT count(*) FROM sppp.credential c WHERE c.registrar_id = o.id AND c.revoked_at IS NULL)::int AS credentials,
  (SELECT count(DISTINCT g.registrant_id) FROM sppp.registrar_grant g WHERE g.registrar_id = o.id)::int AS registrants`;

/** Organizations by their ids: those behind an id, at most so many; else all. */
export async function listOrganizations(pool: Pool, after = '', limit?: number): Promise<ListedOrganization[]> {
  const { rows } = await pool.query<ListedOrganization>(
    `SELECT ${LISTED} FROM sppp.organization o
      WHERE o.removed_at IS NULL AND o.org_id > $1 ORDER BY o.org_id LIMIT $2`,
    [after, limit],
  );
  return rows;
}

const RELATED = `${LISTED},
  ARRAY(SELECT c.username FROM sppp.credential c
         WHERE c.registrar_id = o.id AND c.revoked_at IS NULL ORDER BY 1) AS usernames,
  ARRAY(SELECT DISTINCT x.org_id FROM sppp.registrar_grant g JOIN sppp.organization x ON x.id = g.registrant_id
         WHERE g.registrar_id = o.id ORDER BY 1) AS "actsFor",
  ARRAY(SELECT DISTINCT x.org_id FROM sppp.registrar_grant g JOIN sppp.organization x ON x.id = g.registrar_id
         WHERE g.registrant_id = o.id ORDER BY 1) AS "actedForBy",
  ARRAY(SELECT DISTINCT x.org_id FROM sppp.sed_group g JOIN sppp.sed_group_offer f ON f.sed_group_id = g.id
          JOIN sppp.organization x ON x.id = f.offered_to_id
         WHERE g.rant_id = o.id AND f.status = 'accepted' ORDER BY 1) AS peers`;

/** One organization with its relations, and no object counted. Undefined for an unknown one. */
export async function findOrganization(pool: Pool, orgId: string): Promise<RelatedOrganization | undefined> {
  const { rows } = await pool.query<RelatedOrganization>(
    `SELECT ${RELATED} FROM sppp.organization o WHERE o.org_id = $1 AND o.removed_at IS NULL`,
    [orgId],
  );
  return rows[0];
}

/** One organization with its objects, credentials and grants. Throws OperatorError for an unknown one. */
export async function showOrganization(pool: Pick<PoolClient, 'query'>, orgId: string): Promise<OrganizationState> {
  const { rows } = await pool.query<OrganizationState>(
    `SELECT ${RELATED},
            ${owned('public_identifier')} AS "publicIdentifiers", ${owned('destination_group')} AS "destinationGroups",
            ${owned('sed_group')} AS "sedGroups", ${owned('sed_record')} AS "sedRecords",
            ${owned('egress_route')} AS "egressRoutes",
            (SELECT count(*) FROM sppp.sed_group_offer f WHERE f.offered_to_id = o.id)::int AS "offersReceived",
            (${writtenForOthers.join(' + ')})::int AS "objectsOfOthers"
       FROM sppp.organization o WHERE o.org_id = $1 AND o.removed_at IS NULL`,
    [orgId],
  );
  const [found] = rows;
  if (found === undefined) throw unknown(orgId);
  return found;
}

function owned(table: string): string {
  return `(SELECT count(*) FROM sppp.${table} t WHERE t.rant_id = o.id)::int`;
}

const writtenForOthers = [
  `(SELECT count(*) FROM sppp.public_identifier p JOIN sppp.transaction t ON t.id = p.transaction_id
     WHERE coalesce(p.rar_id, t.registrar_id) = o.id AND p.rant_id <> o.id)`,
  ...['destination_group', 'sed_group', 'sed_record', 'egress_route'].map(
    (table) => `(SELECT count(*) FROM sppp.${table} t WHERE t.rar_id = o.id AND t.rant_id <> o.id)`,
  ),
  `(SELECT count(*) FROM sppp.sed_group_offer t JOIN sppp.sed_group g ON g.id = t.sed_group_id
     WHERE t.rar_id = o.id AND g.rant_id <> o.id)`,
];

/** Changes the name of an organization; its id stays. Throws OperatorError for an unknown one. */
export async function renameOrganization(pool: Pool, orgId: string, name: string): Promise<void> {
  await change(pool, orgId, 'UPDATE sppp.organization SET name = $2 WHERE org_id = $1 AND removed_at IS NULL', [name]);
}

/**
 * Refuses the credentials of an organization and leaves its numbers and SED groups out of all answers. Nothing is deleted. Has
 * no effect on an organization that is suspended already. Throws OperatorError for an unknown one.
 */
export async function suspendOrganization(pool: Pool, orgId: string, at: Date): Promise<void> {
  const text = `UPDATE sppp.organization SET suspended_at = coalesce(suspended_at, $2)
                 WHERE org_id = $1 AND removed_at IS NULL`;
  await change(pool, orgId, text, [at]);
}

/** What the suspension of an organization does, in words. */
export function suspensionEffects(state: OrganizationState): string[] {
  const { credentials, usernames, publicIdentifiers, sedGroups, peers } = state;
  return [
    `its ${credentials} credentials are refused with HTTP 403: ${listed(usernames)}`,
    `no look-up and no feed returns its ${publicIdentifiers} public identifiers and ${sedGroups} SED groups`,
    `peers that lose them: ${listed(peers)}`,
    'every cursor of a feed ends: all followers take a new snapshot',
    'nothing is deleted; resuming it brings all of it back',
  ];
}

/** What the removal of an organization does, in words. */
export function removalEffects({ credentials, usernames, actsFor, actedForBy }: OrganizationState): string[] {
  return [
    `its ${credentials} credentials are revoked: ${listed(usernames)}`,
    `its grants for ${listed(actsFor)} and those of ${listed(actedForBy)} for it are taken back`,
    'the journal still names it',
  ];
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}

/** Ends a suspension. Throws OperatorError for an unknown organization. */
export async function resumeOrganization(pool: Pool, orgId: string): Promise<void> {
  const text = 'UPDATE sppp.organization SET suspended_at = NULL WHERE org_id = $1 AND removed_at IS NULL';
  await change(pool, orgId, text);
}

async function change(pool: Pool, orgId: string, text: string, values: readonly unknown[] = []): Promise<void> {
  const { rowCount } = await pool.query(text, [orgId, ...values]);
  if (rowCount === 0) throw unknown(orgId);
}

/** The objects that prevent the removal of an organization, in words; empty if it owns none. */
export function hindrances(state: OrganizationState): string[] {
  const counts: readonly (readonly [number, string])[] = [
    [state.publicIdentifiers, 'public identifiers'],
    [state.destinationGroups, 'destination groups'],
    [state.sedGroups, 'SED groups'],
    [state.sedRecords, 'SED records'],
    [state.egressRoutes, 'egress routes'],
    [state.offersReceived, 'offers made to it'],
    [state.objectsOfOthers, 'objects of others that it wrote last'],
  ];
  return counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
}

/**
 * Removes an organization that owns nothing: deletes its grants and certificates, revokes its credentials, and withdraws the
 * standing agreements with it. The journal still names it. Throws OperatorError for an unknown organization, or one that owns anything.
 */
export async function removeOrganization(pool: Pool, orgId: string, at: Date): Promise<void> {
  const db = await pool.connect();
  try {
    await db.query('BEGIN');
    // A request that adds an object for it holds a lock on the row until its commit.
    await db.query('SELECT FROM sppp.organization WHERE org_id = $1 FOR UPDATE', [orgId]);
    const obstacles = hindrances(await showOrganization(db, orgId));
    if (obstacles.length > 0) {
      throw new OperatorError(
        `organization ${orgId}: still has ${obstacles.join(', ')}; delete these first, or suspend it: sppp org suspend ${orgId}`,
      );
    }
    const id = '(SELECT id FROM sppp.organization WHERE org_id = $1)';
    await db.query(
      `UPDATE sppp.standing_agreement SET withdrawn_at = greatest($2, created_at), withdrawn_by = 'removal of ' || $1
        WHERE withdrawn_at IS NULL AND (offered_to_id = ${id} OR offered_by_id = ${id})`,
      [orgId, at],
    );
    await db.query(`DELETE FROM sppp.registrar_grant WHERE registrar_id = ${id} OR registrant_id = ${id}`, [orgId]);
    await db.query(`DELETE FROM sppp.webhook WHERE organization_id = ${id}`, [orgId]);
    await db.query(
      `DELETE FROM sppp.client_certificate
        WHERE credential_id IN (SELECT id FROM sppp.credential WHERE registrar_id = ${id})`,
      [orgId],
    );
    await db.query(
      `UPDATE sppp.credential SET revoked_at = coalesce(revoked_at, $2), former_ha1_md5 = NULL, former_ha1_sha256 = NULL,
              former_valid_until = NULL WHERE registrar_id = ${id}`,
      [orgId, at],
    );
    await db.query(
      'UPDATE sppp.organization SET removed_at = $2, suspended_at = coalesce(suspended_at, $2) WHERE org_id = $1',
      [orgId, at],
    );
    await db.query('COMMIT');
  } catch (error) {
    await db.query('ROLLBACK');
    throw error;
  } finally {
    db.release();
  }
}

function unknown(orgId: string): OperatorError {
  return new OperatorError(`organization ${orgId}: not known, make it with sppp org add`);
}
