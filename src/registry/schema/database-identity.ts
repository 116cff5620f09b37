import type { ClientBase } from 'pg';

/** Nodes that start at the same time settle it one after the other. Not the lock of migrations: that is held for long. */
const LOCK_KEY = 72707370;

/** The identity of a registry's database as a text, for ids that are unique within it: it stays the same on its standbys. */
export async function registryName(db: Pick<ClientBase, 'query'>): Promise<string> {
  const { rows } = await db.query<{ name: string }>(
    "SELECT concat_ws('-', system_identifier, database) AS name FROM sppp.database_identity",
  );
  return rows[0]?.name ?? '';
}

/** Gives a registry that was restored from a dump, or copied, the transaction numbers of its new database. */
export async function settleIdentity(client: ClientBase): Promise<void> {
  const { rows: found } = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('sppp.database_identity') IS NOT NULL AS exists`,
  );
  if (found[0]?.exists !== true) return; // a schema of tests
  await client.query('BEGIN');
  await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK_KEY]);
  await client.query('SELECT sppp.check_database_identity()');
  await client.query('COMMIT');
}
