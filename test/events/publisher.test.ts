/** From the outbox to positions: all of it, in order, whoever publishes and whatever dies meanwhile. */

import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/registry/connection/database.js';
import { publishEvents, startPublishing } from '../../src/registry/events/publish.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import '../support/long-timeouts.js';

const WAIT = { timeout: 120_000, interval: 50 };
const TELL = `INSERT INTO sppp.event_outbox (type, subject_begin, keys, member, data)
  VALUES ('test', $1, $2, 'key', $3) RETURNING id`;

let test: TestDatabase;
let database: Database;
let pool: pg.Pool;

const open = () => openDatabase(test.url, { durable: false, maxConnections: 4 });
beforeAll(async () => {
  test = await createDatabase();
  database = await open();
  pool = database.pool;
});
afterAll(async () => {
  await database?.close();
  await test?.drop();
});
beforeEach(async () => {
  await publishEvents(pool);
  await pool.query('DELETE FROM sppp.event');
  await pool.query('UPDATE sppp.event_horizon SET published = 0');
});

async function client(): Promise<pg.Client> {
  const db = new pg.Client({ connectionString: test.url });
  db.on('error', () => undefined);
  await db.connect();
  return db;
}

const tell = (db: pg.ClientBase | pg.Pool, subject: string, keys: readonly string[], data: object = {}) =>
  db.query(TELL, [subject, keys, data]);
const published = async () =>
  (
    await pool.query<{ position: number; subject: string; data: { key: string; n?: number } }>(
      'SELECT position::int, subject, data FROM sppp.event ORDER BY position',
    )
  ).rows;

it('publishes more than any batch, wholly and without a gap', async () => {
  const many = Array.from({ length: 12_000 }, (_, index) => `a${index}`);
  await tell(pool, 'test:', many);
  await pool.query(
    `INSERT INTO sppp.event_outbox (type, subject_begin, keys, member, data)
     SELECT 'test', 'test:', ARRAY['b' || n], 'key', '{"n": 1}' FROM generate_series(0, 12999) n ORDER BY n`,
  );
  expect(await publishEvents(pool)).toBe(25_000);
  const events = await published();
  expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => index + 1));
  const keys = [...many, ...Array.from({ length: 13_000 }, (_, index) => `b${index}`)];
  expect(events.map(({ subject }) => subject)).toEqual(keys.map((key) => `test:${key}`));
  expect(events.map(({ data }) => data.key)).toEqual(keys);
  expect(events[24_999]?.data).toEqual({ key: 'b12999', n: 1 });
  expect((await pool.query('SELECT published::int, forgotten::int FROM sppp.event_horizon')).rows).toEqual([
    { published: 25_000, forgotten: 0 },
  ]);
  expect(await publishEvents(pool)).toBe(0);
});

it('gives a transaction that commits late a position behind those that were published before it', async () => {
  const [late, early, listening] = [await client(), await client(), await client()];
  try {
    const notices: (string | undefined)[] = [];
    listening.on('notification', ({ payload }) => notices.push(payload));
    await listening.query('LISTEN sppp_events');
    await late.query('BEGIN');
    const first = await tell(late, 'test:', ['late']);
    const second = await tell(early, 'test:', ['early']);
    expect(Number(first.rows[0].id)).toBeLessThan(Number(second.rows[0].id));
    await publishEvents(pool);
    expect(await published()).toMatchObject([{ position: 1, subject: 'test:early' }]);
    await late.query('COMMIT');
    await publishEvents(pool);
    expect(await published()).toMatchObject([{ subject: 'test:early' }, { position: 2, subject: 'test:late' }]);
    await expect.poll(() => notices, WAIT).toEqual(['1', '2']);
  } finally {
    for (const each of [late, early, listening]) await each.end();
  }
});

it('publishes nothing of what is undone', async () => {
  const db = await client();
  try {
    await db.query('BEGIN');
    await tell(db, 'test:', ['one']);
    await db.query('SAVEPOINT item');
    await tell(db, 'test:', ['two']);
    await db.query('ROLLBACK TO SAVEPOINT item');
    await db.query('COMMIT');
    await db.query('BEGIN');
    await tell(db, 'test:', ['three']);
    await db.query('ROLLBACK');
  } finally {
    await db.end();
  }
  await publishEvents(pool);
  expect(await published()).toMatchObject([{ position: 1, subject: 'test:one' }]);
});

it('lets one node publish at a time, and an empty outbox costs nothing but reading', async () => {
  const db = await client();
  try {
    await tell(pool, 'test:', ['one']);
    await db.query('BEGIN');
    await db.query('SELECT sppp.publish_events(10)');
    expect((await pool.query('SELECT sppp.publish_events(10) AS count')).rows).toEqual([{ count: null }]);
    await db.query('COMMIT');
    await db.query('BEGIN READ ONLY');
    expect((await db.query('SELECT sppp.publish_events(10) AS count')).rows).toEqual([{ count: 0 }]);
    await db.query('COMMIT');
  } finally {
    await db.end();
  }
});

it('three nodes whose connections are cut publish each event once, those of a subject in order', async () => {
  const nodes = await Promise.all([open(), open(), open()]);
  const stops = nodes.map((node) => startPublishing(node.pool, () => undefined, { look: 10, failed: 20 }));
  const killer = await client();
  const committed = new Map<string, number[]>();
  let isOver = false;
  const write = async (seed: number) => {
    const db = await client();
    try {
      for (let round = 0; round < 60; round++) {
        const subject = `test:${(seed + round) % 3}:`;
        const sum = (seed * 31 + round * 17) % 7;
        await db.query('BEGIN');
        // As a change of an object does, it waits for who has changed the object, and then tells.
        await db.query('SELECT pg_advisory_xact_lock(hashtext($1))', [subject]);
        const numbers = committed.get(subject) ?? [];
        const n = (numbers.at(-1) ?? 0) + 1;
        await tell(db, subject, ['x', 'y'], { n });
        if (sum === 0) await new Promise((resolve) => setTimeout(resolve, 20));
        if (sum === 1) await db.query('ROLLBACK');
        else {
          committed.set(subject, [...numbers, n]);
          await db.query('COMMIT');
        }
      }
    } finally {
      await db.end();
    }
  };
  const kill = async () => {
    while (!isOver) {
      await killer.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND query LIKE '%sppp.publish_events%' AND pid <> pg_backend_pid()
          ORDER BY random() LIMIT 1`,
      );
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  };
  const killing = kill();
  try {
    await Promise.all([1, 2, 3, 4].map(write));
  } finally {
    isOver = true;
    await killing;
  }
  await expect.poll(async () => (await killer.query('SELECT FROM sppp.event_outbox')).rowCount, WAIT).toBe(0);
  for (const stop of stops) await stop();
  for (const node of nodes) await node.close();
  await killer.end();
  const events = await published();
  expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => index + 1));
  for (const [subject, numbers] of committed) {
    for (const key of ['x', 'y']) {
      expect(events.filter((each) => each.subject === subject + key).map(({ data }) => data.n)).toEqual(numbers);
    }
  }
  expect(events).toHaveLength(2 * [...committed.values()].flat().length);
});
