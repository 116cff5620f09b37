import type { PoolClient } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addCredential, addOrganization, revokeCredential } from '../../src/registry/access/administration.js';
import { Credentials } from '../../src/registry/access/credentials.js';
import { type Database, openDatabase } from '../../src/registry/connection/database.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

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

describe('the connection that listens for changes', () => {
  it('is opened again when it breaks', async () => {
    const [first] = await listeners();
    await breakOff();
    await expect.poll(listeners, { timeout: 5000 }).toHaveLength(1);
    expect(await listeners()).not.toEqual([first]);
  });

  it('is given back when the server ends while it is opened again', async () => {
    await breakOff();
    await nextTaken();
    credentials.close();
    await expect.poll(taken).toBe(0);
  });

  it('is opened again when it was cut silently', { timeout: 30_000 }, async () => {
    const [silent] = await listeners();
    const [other, client] = await Promise.all([Credentials.open(database.prisma, database.pool), nextTaken()]);
    // As behind a firewall that has dropped the connection: no bytes pass in either direction.
    const stream = Reflect.get(client, 'connection').stream;
    stream.pause();
    stream.write = () => true;
    const before = (await listeners()).filter(({ pid }) => pid !== silent?.pid);
    expect(before).toHaveLength(1);
    const others = async () => (await listeners()).filter(({ pid }) => pid !== silent?.pid);
    await expect.poll(others, { timeout: 20_000 }).not.toEqual(before);
    await expect.poll(others, { timeout: 20_000 }).toHaveLength(1);
    other.close();
  });

  it('is given back, and opened once more, when it breaks before it listens', async () => {
    await breakOff();
    Reflect.get(await nextTaken(), 'connection').stream.destroy();
    await expect.poll(listeners, { timeout: 5000 }).toHaveLength(1);
    expect(taken()).toBe(1);
  });
});

describe('a cached credential', () => {
  const MAX_CACHED = 20;
  const at = new Date(Date.now() + 60_000);
  let reads = 0;
  let remembering: Credentials;

  /** The real thing, with each reading counted. */
  function counted({ prisma }: Database): Database['prisma'] {
    const credential = Object.create(prisma.credential, {
      findFirst: {
        value: (...asked: Parameters<typeof prisma.credential.findFirst>) => {
          reads += 1;
          return prisma.credential.findFirst(...asked);
        },
      },
    });
    return Object.create(prisma, { credential: { value: credential } });
  }

  beforeEach(async () => {
    await addOrganization(database.prisma, 'iana-en:1', '');
    const secrets = { label: '', ha1Md5: '0'.repeat(32), ha1Sha256: '0'.repeat(64) };
    await addCredential(database.prisma, { registrar: 'iana-en:1', username: 'carrier', ...secrets });
    await addCredential(database.prisma, { registrar: 'iana-en:1', username: 'newcomer', ...secrets });
    remembering = await Credentials.open(counted(database), database.pool, { max: MAX_CACHED });
    reads = 0;
  });
  afterEach(() => remembering.close());

  it('is not evicted by strangers, however many names they invent', async () => {
    expect(await remembering.find('carrier', at)).toBeDefined();
    for (let n = 0; n < 3 * MAX_CACHED; n++) expect(await remembering.find(`stranger ${n}`, at)).toBeUndefined();
    reads = 0;
    for (let n = 0; n < 10; n++) {
      for (const username of ['carrier', 'newcomer']) expect(await remembering.find(username, at)).toBeDefined();
    }
    expect(reads).toBe(1);
  });

  it('is dropped at once when the credential is revoked', async () => {
    for (let n = 0; n < 3 * MAX_CACHED; n++) await remembering.find(`stranger ${n}`, at);
    expect(await remembering.find('carrier', at)).toBeDefined();
    await revokeCredential(database.prisma, 'carrier', at);
    await expect.poll(() => remembering.find('carrier', at), { timeout: 5000 }).toBeUndefined();
  });

  it('is read once for many concurrent requests', async () => {
    const found = await Promise.all(Array.from({ length: 50 }, () => remembering.find('carrier', at)));
    expect(new Set(found.map((each) => each?.username))).toEqual(new Set(['carrier']));
    expect(reads).toBeLessThanOrEqual(2);
  });

  it.each(['', 'a\0b', 'a"b', 'a\\b', 'a:b', 'a\nb'])(
    'is not asked of the database for %j, which nobody is called',
    async (name) => {
      expect(await remembering.find(name, at)).toBeUndefined();
      expect(reads).toBe(0);
    },
  );
});
