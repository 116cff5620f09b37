import type { ClientBase, Pool } from 'pg';
import { OperatorError } from '../../operator-error.js';
import { quoted } from '../connection/unreachable.js';

interface Rights {
  readonly isStandby: boolean;
  readonly role: string;
  readonly database: string;
  readonly hasPublic: boolean;
  readonly inPublic: boolean;
  readonly inDatabase: boolean;
  /** The owner of the registry's schema, if there is a registry. */
  readonly owner: string | null;
  readonly isOwner: boolean;
}

/**
 * Checks that this role can apply migrations here.
 *
 * @throws OperatorError with the SQL that gives the missing rights
 */
export async function checkRights(client: ClientBase): Promise<void> {
  const { rows } = await client.query<Rights>(
    `SELECT pg_is_in_recovery() AS "isStandby", current_user AS role, current_database() AS database,
            to_regnamespace('public') IS NOT NULL AS "hasPublic",
            coalesce(has_schema_privilege(to_regnamespace('public'), 'CREATE'), false) AS "inPublic",
            has_database_privilege(current_database(), 'CREATE') AS "inDatabase",
            pg_get_userbyid(s.nspowner) AS owner, coalesce(pg_has_role(s.nspowner, 'USAGE'), true) AS "isOwner"
       FROM (VALUES (1)) AS one LEFT JOIN pg_namespace s ON s.nspname = 'sppp'`,
  );
  for (const { isStandby, role, database, owner, ...may } of rows) {
    const [to, of] = [quoted(role), quoted(database)];
    if (isStandby) {
      throw new OperatorError(
        'The database is a standby, which takes no changes, and its schema is of an older version: run sppp migrate on the primary',
      );
    }
    if (owner !== null && !may.isOwner) {
      throw new OperatorError(
        `Role ${role} may not change the tables of the registry, which belong to ${owner}: GRANT ${quoted(owner)} TO ${to}`,
      );
    }
    const missing = [
      ...(may.hasPublic ? [] : [`CREATE SCHEMA public AUTHORIZATION ${to}`]),
      ...(may.inPublic || !may.hasPublic || owner !== null ? [] : [`GRANT CREATE ON SCHEMA public TO ${to}`]),
      ...(may.inDatabase || owner !== null ? [] : [`GRANT CREATE ON DATABASE ${of} TO ${to}`]),
    ];
    if (missing.length === 0) continue;
    throw new OperatorError(`Role ${role} may not make tables in database ${database}: ${missing.join('; ')}`);
  }
}

/**
 * Checks that this role can make the tables of jobs.
 *
 * @throws OperatorError with the SQL that gives the missing right
 */
export async function checkJobRights(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ role: string; database: string; may: boolean }>(
    `SELECT current_user AS role, current_database() AS database,
            to_regnamespace('sppp_jobs') IS NOT NULL OR has_database_privilege(current_database(), 'CREATE') AS may`,
  );
  const [{ role, database, may } = { role: '', database: '', may: true }] = rows;
  if (may) return;
  throw new OperatorError(
    `Role ${role} may not make the schema sppp_jobs: GRANT CREATE ON DATABASE ${quoted(database)} TO ${quoted(role)}; then sppp migrate again`,
  );
}

/**
 * Checks that the database takes changes.
 *
 * @throws OperatorError if it is a standby
 */
export async function refuseStandby(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ isStandby: boolean }>('SELECT pg_is_in_recovery() AS "isStandby"');
  if (rows[0]?.isStandby !== true) return;
  throw new OperatorError('The database is a standby, which takes no changes: name the primary in DATABASE_URL');
}
