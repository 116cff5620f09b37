import type { Pool } from 'pg';

/** An organization as searches show it. */
export interface FoundOrganization {
  readonly orgId: string;
  readonly name: string;
}

/**
 * Organizations whose ids begin with a text, or whose names have it, in the order of their ids.
 *
 * @param ids row ids of those that may be shown; undefined: all
 */
export async function findOrganizations(
  pool: Pool,
  text: string,
  ids: readonly number[] | undefined,
  max: number,
): Promise<FoundOrganization[]> {
  const { rows } = await pool.query<FoundOrganization>(
    `SELECT o.org_id AS "orgId", o.name FROM sppp.organization o
      WHERE (starts_with(o.org_id, $1) OR strpos(lower(o.name), lower($1)) > 0) AND o.removed_at IS NULL
        AND ($2::int[] IS NULL OR o.id = ANY ($2))
      ORDER BY o.org_id LIMIT $3`,
    [text, ids, max],
  );
  return rows;
}

/** The row id of an organization; undefined if there is none, or if it was removed. */
export async function findOrganizationId(pool: Pool, orgId: string): Promise<number | undefined> {
  const { rows } = await pool.query<{ id: number }>(
    'SELECT id FROM sppp.organization WHERE org_id = $1 AND removed_at IS NULL',
    [orgId],
  );
  return rows[0]?.id;
}
