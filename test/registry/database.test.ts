import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { OperatorError } from '../../src/operator-error.js';
import {
  type Database,
  type DatabaseOptions,
  openDatabase,
  spareConnection,
} from '../../src/registry/connection/database.js';
import { isPassing } from '../../src/registry/connection/database-error.js';
import { checkDurability, type SynchronousCommit } from '../../src/registry/connection/durability.js';
import { runTransaction } from '../../src/registry/connection/transaction.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

let testDatabase: TestDatabase;
let database: Database | undefined;

beforeAll(async () => {
  testDatabase = await createDatabase();
});
afterAll(() => testDatabase.drop());
afterEach(async () => {
  await database?.close();
  database = undefined;
});

async function open(options: DatabaseOptions = {}): Promise<Database> {
  database = await openDatabase(testDatabase.url, { durable: false, ...options });
  return database;
}

const commitsWith = (value: string) => {
  const url = new URL(testDatabase.url);
  url.searchParams.set('options', `-c synchronous_commit=${value}`);
  return url.href;
};

it('refuses a database that may lose acknowledged commits', async () => {
  await expect(openDatabase(commitsWith('off'))).rejects.toThrow(OperatorError);
  await expect(openDatabase(commitsWith('off'))).rejects.toThrow('synchronous_commit');
});

describe('the durability of a session', () => {
  let client: pg.Client;
  beforeEach(async () => {
    client = new pg.Client({ connectionString: testDatabase.url });
    await client.connect();
  });
  afterEach(() => client.end());

  const fault = async (value: string, least: SynchronousCommit = 'remote_write') => {
    await client.query(`SET synchronous_commit = ${value}`);
    const error = await checkDurability(client, least).then(
      () => undefined,
      (refused: unknown) => refused,
    );
    return /synchronous_commit is \w+, and must be \w+ or stronger/.exec(String(error))?.[0];
  };

  it.each(['remote_write', 'on', 'remote_apply'])('may be %s', async (value) => {
    expect(await fault(value)).toBeUndefined();
  });

  it.each(['off', 'local'])('may not be %s, unless a setting allows it', async (value) => {
    expect(await fault(value)).toBe(`synchronous_commit is ${value}, and must be remote_write or stronger`);
    expect(await fault(value, 'local')).toBe(
      value === 'local' ? undefined : 'synchronous_commit is off, and must be local or stronger',
    );
  });

  it('may have to be stronger', async () => {
    expect(await fault('remote_write', 'on')).toBe('synchronous_commit is remote_write, and must be on or stronger');
    expect(await fault('on', 'remote_apply')).toBe('synchronous_commit is on, and must be remote_apply or stronger');
  });

  it('stays as it was checked, whatever the configuration becomes', async () => {
    await client.query('RESET synchronous_commit');
    await checkDurability(client, 'off').catch(() => undefined);
    const source = `SELECT source FROM pg_settings WHERE name = 'synchronous_commit'`;
    expect((await client.query(source)).rows).toEqual([{ source: 'session' }]);
  });
});

it('checks each session: one that came to lose commits is not used, and asking again may help', async () => {
  const { pool } = await openDatabase(testDatabase.url, { durable: false, maxConnections: 1 });
  const spare = spareConnection(pool, 'spare', 5000);
  try {
    expect((await spare.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    // The server of the tests does not wait for the disk.
    pool.options.onConnect = (session) => checkDurability(session, 'remote_write');
    await expect(spareConnection(pool, 'spare', 5000).query('SELECT 1')).rejects.toSatisfy(isPassing);
  } finally {
    await spare.end();
    await pool.end();
  }
});

it.each([
  ['25006', 'a demoted primary', false],
  ['53200', 'no memory', false],
  ['23505', 'a fault of the request', true],
  ['40001', 'a conflict', true],
])('a connection that said %s, %s, is used again: %s', async (code, _, isUsedAgain) => {
  const { pool } = await open({ maxConnections: 1 });
  const pid = async () => (await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid;
  const before = await pid();
  const raise = `DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '${code}'; END $$`;
  await expect(runTransaction(pool, (db) => db.query(raise))).rejects.toMatchObject({ code });
  expect((await pid()) === before).toBe(isUsedAgain);
});

it('a transaction that PostgreSQL undid is not taken for committed', async () => {
  const { pool } = await open({ maxConnections: 1 });
  const swallowed = runTransaction(pool, async (db) => {
    await db.query('nonsense').catch(() => undefined);
  });
  await expect(swallowed).rejects.toThrow('PostgreSQL undid the transaction');
});

it('prepares each connection of the pool, Prisma’s too', async () => {
  const { pool, prisma } = await open({ statementTimeout: 4000, lockTimeout: 3000 });
  const sql = `SELECT current_setting('random_page_cost') AS cost, current_setting('statement_timeout') AS statement,
    current_setting('lock_timeout') AS lock, current_setting('application_name') AS name`;
  const expected = [{ cost: '1.1', statement: '4s', lock: '3s', name: 'sppp' }];
  const clients = await Promise.all([pool.connect(), pool.connect()]);
  for (const client of clients) {
    expect((await client.query(sql)).rows).toEqual(expected);
    client.release();
  }
  expect(await prisma.$queryRawUnsafe(sql)).toEqual(expected);
});

it('opens no more connections than its limit', async () => {
  const { pool } = await open({ maxConnections: 2 });
  await Promise.all([1, 2, 3, 4].map(() => pool.query('SELECT pg_sleep(0.05)')));
  expect(pool.totalCount).toBe(2);
});

it('keeps a connection that nobody has used for a minute', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const { pool } = await open();
    (await pool.connect()).release();
    vi.advanceTimersByTime(60_000);
    expect(pool.idleCount).toBe(1);
  } finally {
    vi.useRealTimers();
  }
});

it('cuts a statement that takes too long', async () => {
  const { pool } = await open({ statementTimeout: 50 });
  await expect(pool.query('SELECT pg_sleep(5)')).rejects.toThrow('statement timeout');
});

it('reads bigint as number on its own pool only, and refuses values that a number cannot hold', async () => {
  const { pool, prisma } = await open();
  const sql = 'SELECT 9007199254740991::bigint AS id, ARRAY[1, NULL, 2]::bigint[] AS ids, ARRAY[]::bigint[] AS none';
  expect((await pool.query(sql)).rows).toEqual([{ id: 9007199254740991, ids: [1, null, 2], none: [] }]);
  await expect(pool.query('SELECT 9007199254740992::bigint')).rejects.toThrow(RangeError);
  await expect(pool.query('SELECT ARRAY[9007199254740992]::bigint[]')).rejects.toThrow(RangeError);
  expect(await prisma.$queryRaw`SELECT 1::bigint AS id`).toEqual([{ id: 1n }]);
  const client = new pg.Client({ connectionString: testDatabase.url });
  await client.connect();
  expect((await client.query('SELECT 1::bigint AS id')).rows).toEqual([{ id: '1' }]);
  await client.end();
});

it('survives the loss of an idle connection, and logs it without the password', async () => {
  let tell: (error: Error) => void = () => undefined;
  const lost = new Promise<Error>((resolve) => {
    tell = resolve;
  });
  const { pool } = await open({ onConnectionLost: tell });
  const { rows } = await pool.query('SELECT pg_backend_pid() AS pid');
  const client = new pg.Client({ connectionString: testDatabase.url });
  await client.connect();
  await client.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
  await client.end();
  const error = await lost;
  expect(error.message).toContain('administrator command');
  expect(Object.keys(error)).toEqual([]);
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});
