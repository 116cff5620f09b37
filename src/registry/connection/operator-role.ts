import type { Pool } from 'pg';

const ROLE = 'sppp_operator';

const GRANTS = `GRANT USAGE ON SCHEMA sppp_api TO ${ROLE};
  GRANT SELECT ON ALL TABLES IN SCHEMA sppp_api TO ${ROLE};
  GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA sppp_api TO ${ROLE};
  ALTER DEFAULT PRIVILEGES IN SCHEMA sppp_api GRANT SELECT ON TABLES TO ${ROLE}`;

/**
 * Makes the role for operators, if there is none, and lets it read schema sppp_api. The role that applied the
 * migrations may not have been allowed to, or the role was made after that.
 *
 * @returns a warning with the SQL that creates the role, if this server may not; undefined otherwise
 */
export async function grantOperator(pool: Pool): Promise<string | undefined> {
  const { rows } = await pool.query<{ isThere: boolean; mayMake: boolean; mayGrant: boolean }>(
    `SELECT to_regrole('${ROLE}') IS NOT NULL AS "isThere",
            (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) AS "mayMake",
            NOT pg_is_in_recovery()
            AND pg_has_role((SELECT nspowner FROM pg_namespace WHERE nspname = 'sppp_api'), 'USAGE') AS "mayGrant"`,
  );
  const { isThere = false, mayMake = false, mayGrant = false } = rows[0] ?? {};
  if (!isThere && !mayMake) {
    return `role ${ROLE} is missing, so only the owner can read schema sppp_api; a superuser makes it with CREATE ROLE ${ROLE} NOLOGIN, and the next start grants it its rights`;
  }
  if (!mayGrant) return undefined;
  if (!isThere) await pool.query(`CREATE ROLE ${ROLE} NOLOGIN`).catch(unlessThere);
  if (await lacksGrants(pool)) await pool.query(GRANTS);
  return undefined;
}

async function lacksGrants(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ lacks: boolean }>(
    `SELECT NOT has_schema_privilege('${ROLE}', 'sppp_api', 'USAGE')
            OR EXISTS (SELECT FROM pg_class WHERE relnamespace = 'sppp_api'::regnamespace AND relkind IN ('r', 'v')
                          AND NOT has_table_privilege('${ROLE}', oid, 'SELECT'))
            OR EXISTS (SELECT FROM pg_proc WHERE pronamespace = 'sppp_api'::regnamespace
                          AND NOT has_function_privilege('${ROLE}', oid, 'EXECUTE')) AS lacks`,
  );
  return rows[0]?.lacks === true;
}

/** Creates the role; another node may create it at the same moment. */
function unlessThere(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && ['42710', '23505'].includes(String(error.code)))) throw error;
}
