import type { ClientBase } from 'pg';

/** The row ids of the organizations that exist, by organization id. */
export async function findOrgs(db: ClientBase, orgIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const { rows } = await db.query<{ id: number; orgId: string }>(
    `SELECT id, org_id AS "orgId" FROM sppp.organization WHERE org_id = ANY ($1) AND removed_at IS NULL
      ORDER BY id FOR KEY SHARE`,
    [orgIds],
  );
  return new Map(rows.map(({ id, orgId }) => [orgId, id]));
}
