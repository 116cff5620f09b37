import type { ClientBase } from 'pg';
import { statement } from '../connection/statement.js';

const findRows = statement<{ id: number; orgId: string }>(
  'find organizations as parents',
  `SELECT id, org_id AS "orgId" FROM sppp.organization WHERE org_id = ANY ($1) AND removed_at IS NULL
    ORDER BY id FOR KEY SHARE`,
);

/** The row ids of the organizations that exist, by organization id. */
export async function findOrgs(db: ClientBase, orgIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await findRows(db, [orgIds]);
  return new Map(rows.map(({ id, orgId }) => [orgId, id]));
}
