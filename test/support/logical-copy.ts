import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from, to } from 'pg-copy-streams';

/** Copies all rows of a registry to another one, both migrated, as pg_dump and pg_restore do: its history excepted. */
export async function copyRows(source: string, target: string): Promise<void> {
  const [old, made] = await Promise.all([enter(source), enter(target)]);
  try {
    await made.query('SET session_replication_role = replica');
    const tables = await names(old, `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND ${IN_SCHEMA}`);
    const partitions = await names(
      old,
      `SELECT format('CREATE TABLE sppp.%I PARTITION OF sppp.%I %s', c.relname, p.relname, pg_get_expr(c.relpartbound, c.oid)) AS name
         FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid JOIN pg_class p ON p.oid = inhparent
        WHERE c.relnamespace = 'sppp'::regnamespace AND c.relkind = 'r' AND c.relname !~ '_first$'`,
    );
    for (const partition of partitions) await made.query(partition);
    await made.query(`TRUNCATE ${tables.map((name) => `sppp.${name}`).join(', ')}`);
    for (const table of tables) {
      const rows = old.query(to(`COPY sppp.${table} TO STDOUT`));
      await pipeline(rows, made.query(from(`COPY sppp.${table} FROM STDIN`)));
    }
    const sequences = await names(old, `SELECT relname AS name FROM pg_class WHERE relkind = 'S' AND ${IN_SCHEMA}`);
    for (const sequence of sequences) {
      const { rows } = await old.query(`SELECT last_value, is_called FROM sppp.${sequence}`);
      await made.query('SELECT setval($1, $2, $3)', [`sppp.${sequence}`, rows[0].last_value, rows[0].is_called]);
    }
  } finally {
    await Promise.all([old.end(), made.end()]);
  }
}

const IN_SCHEMA = `relnamespace = 'sppp'::regnamespace ORDER BY relname`;

async function names(db: pg.Client, sql: string): Promise<string[]> {
  return (await db.query<{ name: string }>(sql)).rows.map(({ name }) => name);
}

async function enter(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}
