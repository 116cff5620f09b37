import type { TestServer } from './server.js';

/** All rows of the database, without the records of who looked at what and of who was refused, and what nodes count beside requests. */
export async function registryContents(server: TestServer): Promise<unknown> {
  const tables = await server.sql<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'sppp' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND c.relname NOT IN ('operator_request', 'refusal', 'activity', 'request_under_way') ORDER BY 1`,
  );
  const rows = tables.map(({ name }) =>
    server.sql(`SELECT '${name}' AS name, to_jsonb(t) AS row FROM sppp.${name} t ORDER BY 2`),
  );
  return Promise.all(rows);
}
