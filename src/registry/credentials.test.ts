import type { PoolClient } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../../test/support/database.js';
import { Credentials } from './credentials.js';
import { type Database, openDatabase } from './database.js';

let testDatabase: TestDatabase;
let database: Database;
let credentials: Credentials;

beforeAll(async () => {
  testDatabase = await createDatabase();
});
afterAll(() => testDatabase.drop());
beforeEach(async () => {
  database = await openDatabase(testDatabase.url, { durable: false });
  credentials = await Credentials.open(database.prisma, database.pool);
});
afterEach(() => {
  credentials.close();
  return database.close();
});

const LISTENING = `SELECT pid FROM pg_stat_activity
  WHERE datname = current_database() AND query = 'LISTEN sppp_authority'`;

const listeners = async () => (await database.pool.query<{ pid: number }>(LISTENING)).rows;

async function breakOff(): Promise<void> {
  await database.pool.query(`SELECT pg_terminate_backend(pid) FROM (${LISTENING}) AS one`);
}

const taken = () => database.pool.totalCount - database.pool.idleCount;

/** The next connection that is taken, before anything is sent over it. */
const nextTaken = () =>
  new Promise<PoolClient>((resolve) => {
    database.pool.once('acquire', resolve);
  });

describe('the connection that tells of changes', () => {
  it('is made anew when it breaks', async () => {
    const [first] = await listeners();
    await breakOff();
    await expect.poll(listeners, { timeout: 5000 }).toHaveLength(1);
    expect(await listeners()).not.toEqual([first]);
  });

  it('is given back when all ends while it is made anew', async () => {
    await breakOff();
    await nextTaken();
    credentials.close();
    await expect.poll(taken).toBe(0);
  });

  it('is given back, and made once more, when it breaks before it listens', async () => {
    await breakOff();
    Reflect.get(await nextTaken(), 'connection').stream.destroy();
    await expect.poll(listeners, { timeout: 5000 }).toHaveLength(1);
    expect(taken()).toBe(1);
  });
});
