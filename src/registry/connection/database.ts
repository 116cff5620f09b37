import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient } from '../prisma-client/client.js';
import { connectionOf, connectionTo } from './connect.js';
import { DatabaseHealth } from './database-health.js';
import { checkDurability, type SynchronousCommit } from './durability.js';
import { reportLostConnections } from './lost-connections.js';
import { byKeys, prepareSession } from './session.js';
import { giveUpSilent, type Patience, usualPatience } from './silent-connections.js';

/** The registry's database: one pool of connections, shared by Prisma and by the statements for runs. */
export interface Database {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  /** Asked over a connection of its own, which is opened when it is first needed. */
  readonly health: DatabaseHealth;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Maximum of connections. */
  maxConnections?: number;
  /** Milliseconds that one statement may take. */
  statementTimeout?: number;
  /** Milliseconds that one statement may wait for a lock. */
  lockTimeout?: number;
  /** False accepts a database that may lose what it acknowledged. For tests only. */
  durable?: boolean;
  /** The least `synchronous_commit` of its sessions, if it is durable. */
  leastSynchronousCommit?: SynchronousCommit;
  /** Opens the database of look-ups: sessions are read-only, and nothing is asked before the first use. */
  lookups?: {
    /** Milliseconds by which a standby may be older than its primary when a connection is made. */
    readonly maxAge: number;
  };
  /** Called when an idle connection breaks, and when one is given up; the pool replaces it by itself. */
  onConnectionLost?: (error: Error) => void;
  /** How long a connection may be silent. For tests only. */
  patience?: Patience;
}

/**
 * Milliseconds after which a connection that nobody uses is closed. A new one costs a large request as much as the load of
 * some thousand numbers: PostgreSQL begins a process, reads its catalogs and plans each statement anew.
 */
const IDLE_MS = 300_000;

/** Milliseconds for a statement of a request. */
const STATEMENT_TIMEOUT_MS = 300_000;

/** Milliseconds for a new connection: one that is accepted and not answered leads nowhere. */
const CONNECT_MS = 10_000;

/** Seconds after which a connection to one of several hosts of look-ups is replaced: another host may be preferred now. */
const LIFETIME_SECONDS = 5;

/**
 * Opens the pool, and one connection to check that the database answers. Each connection is checked to make durable commits.
 *
 * @throws UnfitSessionError if commits are not durable; pg's own error if the database cannot be reached
 */
export async function openDatabase(url: string, options: DatabaseOptions = {}): Promise<Database> {
  const {
    maxConnections = 10,
    statementTimeout = STATEMENT_TIMEOUT_MS,
    lockTimeout = 60_000,
    durable = true,
    lookups,
  } = options;
  const { leastSynchronousCommit = 'remote_write' } = options;
  const { onConnectionLost = () => undefined, patience = usualPatience } = options;
  const settings = {
    ...byKeys,
    statement_timeout: String(Math.trunc(statementTimeout)),
    lock_timeout: String(Math.trunc(lockTimeout)),
    ...(lookups && { default_transaction_read_only: 'on' }),
  };
  const pool = new pg.Pool({
    ...connectionTo(url, lookups && { purpose: 'lookups', maxAge: lookups.maxAge / 1000 }),
    ...(lookups && { maxLifetimeSeconds: LIFETIME_SECONDS }),
    application_name: 'sppp',
    max: maxConnections,
    connectionTimeoutMillis: CONNECT_MS,
    idleTimeoutMillis: IDLE_MS,
    types: { getTypeParser },
    onConnect: async (client) => {
      await prepareSession(client, settings);
      if (durable && lookups === undefined) await checkDurability(client, leastSynchronousCommit);
    },
  });
  reportLostConnections(pool, onConnectionLost);
  const health = new DatabaseHealth(pool, onConnectionLost);
  // Another connection for look-ups may lead to another host, which knows nothing of these.
  const asked = lookups === undefined ? health : undefined;
  giveUpSilent(pool, { statementTimeout, patience, database: asked, report: onConnectionLost });
  try {
    if (lookups === undefined) (await pool.connect()).release();
  } catch (error) {
    await health.close();
    await pool.end();
    throw error;
  }
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool), transactionOptions: { timeout: statementTimeout } });
  return {
    pool,
    prisma,
    health,
    close: async () => {
      await prisma.$disconnect();
      await health.close();
      await pool.end();
    },
  };
}

/**
 * One more connection to the registry, with sessions as its pool has them, for what must not wait for the pool.
 *
 * @param queryTimeout milliseconds after which a statement without an answer fails, and the connection with it
 */
export function spareConnection(
  registry: pg.Pool,
  name: string,
  connectionTimeoutMillis: number,
  queryTimeout?: number,
): pg.Pool {
  const { onConnect } = registry.options;
  const spare = {
    ...{ ...connectionOf(registry), application_name: name, max: 1, connectionTimeoutMillis },
    ...(queryTimeout === undefined ? {} : { query_timeout: queryTimeout }),
  };
  return new pg.Pool(onConnect === undefined ? spare : { ...spare, onConnect });
}

/** A few more connections to the registry, for jobs beside requests, with sessions as its pool has them; dead ones are given up. */
export function poolOfJobs(
  { pool: registry, health }: Pick<Database, 'pool' | 'health'>,
  connections: number,
  { patience = usualPatience, onConnectionLost: report = () => undefined }: DatabaseOptions,
): pg.Pool {
  const { onConnect } = registry.options;
  const jobs = {
    ...{ ...connectionOf(registry), application_name: 'sppp jobs', max: connections, types: { getTypeParser } },
    connectionTimeoutMillis: CONNECT_MS,
  };
  const pool = new pg.Pool(onConnect === undefined ? jobs : { ...jobs, onConnect });
  reportLostConnections(pool, report);
  giveUpSilent(pool, { statementTimeout: STATEMENT_TIMEOUT_MS, patience, database: health, report });
  return pool.on('connect', (client) => client.on('error', () => undefined)); // the statement under way fails
}

/**
 * Ids and counts are far below 2^53, so single ones and arrays are read as numbers. All other types are read as pg
 * reads them.
 */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  if (format === 'binary') return pg.types.getTypeParser(oid, format);
  if (oid === pg.types.builtins.INT8) return safeInteger;
  return oid === INT8_ARRAY ? safeIntegers : pg.types.getTypeParser(oid);
}

const INT8_ARRAY = 1016;

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is beyond the integers a number can hold`);
  return value;
}

function safeIntegers(text: string): (number | null)[] {
  if (text === '{}') return [];
  const items = text.slice(1, -1).split(',');
  return items.map((item) => (item === 'NULL' ? null : safeInteger(item)));
}
