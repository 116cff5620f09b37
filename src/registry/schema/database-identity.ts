import type { ClientBase, Pool } from 'pg';

/** Nodes that start at the same time settle it one after the other. Not the lock of migrations: that is held for long. */
const LOCK_KEY = 72707370;

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

/** Names the database of a registry: another one than that of which it is a copy or a restored backup. */
export async function readDatabaseIdentity(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ identity: string }>(
    `SELECT concat_ws('-', system_identifier, database, journal) AS identity FROM sppp.database_identity`,
  );
  return rows[0]?.identity ?? '';
}
