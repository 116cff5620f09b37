import type { ClientBase } from 'pg';

/** Of system schemas there is nothing that a migration drops. */
const OURS = `<> ALL (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_' OR nspname = 'information_schema')`;

/** The views, functions and triggers of a database, by their ids: what SQL files make. A migration may have to drop some. */
export async function readMadeObjects(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ object: string }>(
    `SELECT 'view ' || oid AS object FROM pg_class WHERE relkind = 'v' AND relnamespace ${OURS}
     UNION ALL SELECT 'function ' || oid FROM pg_proc WHERE pronamespace ${OURS}
     UNION ALL SELECT 'trigger ' || oid FROM pg_trigger WHERE NOT tgisinternal`,
  );
  return rows.map(({ object }) => object);
}
