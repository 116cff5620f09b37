import pg, { type ClientBase } from 'pg';
import { type ConnectionConfig, connectionTo } from '../connection/connect.js';
import { prepareSession } from '../connection/session.js';

/** Where graphile-worker has its tables. They are its own; nothing of ours is in it. */
export const JOB_SCHEMA = 'sppp_jobs';

/** The number of graphile-worker's last migration; a test holds it against the package. */
export const JOB_REVISION = 19;

/** Whether a database has the tables of jobs as this server's graphile-worker wants them, or newer. */
export async function hasJobQueue(client: Pick<ClientBase, 'query'>): Promise<boolean> {
  const { rows: found } = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('${JOB_SCHEMA}.migrations') IS NOT NULL AS exists`,
  );
  if (found[0]?.exists !== true) return false;
  const { rows } = await client.query<{ revision: number }>(
    `SELECT coalesce(max(id), 0)::integer AS revision FROM ${JOB_SCHEMA}.migrations`,
  );
  return (rows[0]?.revision ?? 0) >= JOB_REVISION;
}

/** Makes these tables by graphile-worker's own migrations, each in a transaction of its own. Does nothing if they are there. */
export async function makeJobQueue(url: string): Promise<void> {
  const { Logger, runMigrations } = await import('graphile-worker'); // which takes time to load, and most starts need it not
  const to: ConnectionConfig = connectionTo(url);
  const pool = new pg.Pool({
    ...{ ...to, max: 1, application_name: 'sppp migrate' },
    onConnect: (client) => prepareSession(client),
  });
  // The statement under way fails.
  pool.on('error', () => undefined);
  pool.on('connect', (connection) => connection.on('error', () => undefined));
  try {
    await runMigrations({ pgPool: pool, schema: JOB_SCHEMA, logger: new Logger(() => () => undefined) });
  } finally {
    await pool.end();
  }
}
