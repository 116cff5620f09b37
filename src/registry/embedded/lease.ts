import pg from 'pg';
import { type Cluster, SUPERUSER } from './cluster.js';
import { EmbeddedPostgresError } from './embedded-error.js';

/**
 * Each process that uses the embedded PostgreSQL holds a lease: a connection with this advisory lock, shared. So several
 * processes can use one data folder, a server and a command beside it, and the last to leave stops PostgreSQL. PostgreSQL
 * itself takes the lease from a process that dies.
 */
const LOCK_KEY = 78777878;

const DATABASE = 'sppp';

/**
 * Settings of the lease's session: it lasts as long as its process and may create the database, whatever
 * postgresql.conf or a role sets.
 */
const SESSION = `SET statement_timeout = 0; SET lock_timeout = 0; SET transaction_timeout = 0; SET idle_session_timeout = 0;
  SET default_transaction_read_only = off; SET search_path = ''`;

/** The URL of the registry's database, with its password. */
export function databaseUrl({ password }: Cluster, port: number): string {
  return `postgresql://${SUPERUSER}:${password}@127.0.0.1:${port}/${DATABASE}?sslmode=disable`;
}

/**
 * Connects to the server on the port, which must accept our password, and takes a lease. Makes the registry's database
 * if it does not exist.
 *
 * @returns undefined if the server does not accept connections at the moment
 * @throws EmbeddedPostgresError if the server refuses the login, or runs with another durability than asked for
 */
export async function takeLease(cluster: Cluster, port: number, isDurable: boolean): Promise<pg.Client | undefined> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: SUPERUSER,
    password: cluster.password,
    database: 'postgres',
    application_name: 'sppp lease',
    ssl: false,
    connectionTimeoutMillis: 10_000,
  });
  client.on('error', () => undefined); // the end that follows is what counts
  try {
    await client.connect();
    await client.query(SESSION);
    await client.query('SELECT pg_advisory_lock_shared($1)', [LOCK_KEY]);
    await makeDatabase(client);
    await checkDurability(client, isDurable);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    if (isPassing(error)) return undefined;
    if (error instanceof EmbeddedPostgresError) throw error;
    throw new EmbeddedPostgresError(`PostgreSQL in ${cluster.dataDir} refuses this server: ${String(error)}`, {
      cause: error,
    });
  }
}

/**
 * Gives the lease back.
 *
 * @returns true if nobody else holds one; the lease's connection then keeps newcomers waiting until it ends
 */
export async function giveBack(lease: pg.Client): Promise<boolean> {
  try {
    await lease.query('SELECT pg_advisory_unlock_shared($1)', [LOCK_KEY]);
    const { rows } = await lease.query<{ last: boolean }>('SELECT pg_try_advisory_lock($1) AS last', [LOCK_KEY]);
    return rows[0]?.last === true;
  } catch (error) {
    if (isPassing(error)) return false; // the server is gone already
    throw error;
  }
}

async function makeDatabase(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
  if (rowCount === 1) return;
  await client.query(`CREATE DATABASE ${DATABASE}`).catch((error: unknown) => {
    if (!hasCode(error, '42P04', '23505')) throw error; // made by another start at the same time
  });
}

async function checkDurability(client: pg.Client, isDurable: boolean): Promise<void> {
  const { rows } = await client.query<{ fsync: string }>('SHOW fsync');
  if ((rows[0]?.fsync === 'on') === isDurable) return;
  throw new EmbeddedPostgresError(
    `PostgreSQL already runs in this data folder with fsync=${rows[0]?.fsync}; stop it first`,
  );
}

/** No connection yet or no longer: starting up, recovering, shutting down. Anything else would not pass by waiting. */
function isPassing(error: unknown): boolean {
  if (hasCode(error, 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', '57P01', '57P02', '57P03')) return true;
  return error instanceof Error && /connection terminated|not queryable|timeout expired/i.test(error.message);
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.some((code) => code === error.code);
}
