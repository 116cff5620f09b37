import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { OperatorError } from '../../operator-error.js';
import { PrismaClient } from '../prisma-client/client.js';
import { connectionTo } from './connect.js';
import { reportLostConnections } from './lost-connections.js';
import { byKeys, prepareSession } from './session.js';

/** The registry's database: one pool of connections, shared by Prisma and by the statements for runs. */
export interface Database {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
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
  /** Called when an idle connection breaks; the pool replaces it by itself. */
  onConnectionLost?: (error: Error) => void;
}

/**
 * Milliseconds after which a connection that nobody uses is closed. A new one costs a large request as much as the load of
 * some thousand numbers: PostgreSQL begins a process, reads its catalogs and plans each statement anew.
 */
const IDLE_MS = 300_000;

/**
 * Opens the pool, and one connection to check that the database answers and that its commits are durable.
 *
 * @throws OperatorError if commits are not durable; pg's own error if the database cannot be reached
 */
export async function openDatabase(url: string, options: DatabaseOptions = {}): Promise<Database> {
  const { maxConnections = 10, statementTimeout = 300_000, lockTimeout = 60_000, durable = true } = options;
  const { onConnectionLost = () => undefined } = options;
  const settings = {
    ...byKeys,
    statement_timeout: String(Math.trunc(statementTimeout)),
    lock_timeout: String(Math.trunc(lockTimeout)),
  };
  const pool = new pg.Pool({
    ...connectionTo(url),
    application_name: 'sppp',
    max: maxConnections,
    connectionTimeoutMillis: 30_000,
    idleTimeoutMillis: IDLE_MS,
    types: { getTypeParser },
    onConnect: (client) => prepareSession(client, settings),
  });
  reportLostConnections(pool, onConnectionLost);
  try {
    await checkDurability(pool, durable);
  } catch (error) {
    await pool.end();
    throw error;
  }
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool), transactionOptions: { timeout: statementTimeout } });
  return {
    pool,
    prisma,
    close: async () => {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

async function checkDurability(pool: pg.Pool, durable: boolean): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT name FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit') AND setting = 'off'`,
  );
  if (!durable || rows.length === 0) return;
  const names = rows.map((row) => row.name).join(' and ');
  throw new OperatorError(`The database would lose acknowledged requests in a crash: ${names} must be on`);
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
