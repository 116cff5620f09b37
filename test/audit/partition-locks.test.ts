/** Partitions are made and dropped beside writers and long readers, by several nodes, and after interruptions. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { readPartitions } from '../../src/registry/journal/partitions.js';
import { migrate } from '../../src/registry/schema/migrate.js';
import { DAY_MS } from '../../src/values/days.js';
import { createDatabase, createEmptyDatabase } from '../support/database.js';
import { addRequestOf, agesIn, keptFor, openRetainingNode, type RetainingNode } from '../support/kept-journal.js';
import { released } from '../support/schema-folder.js';
import { registryOf, type SqlRegistry } from '../support/sql-registry.js';

vi.setConfig({ testTimeout: 180_000 });

const START = Date.UTC(2027, 0, 1, 12);
const LATER = START + 10 * DAY_MS;
const kept = keptFor(1);

let registry: SqlRegistry;
let node: RetainingNode;

async function open(database: Promise<Awaited<ReturnType<typeof createDatabase>>>): Promise<void> {
  registry = await registryOf(await database);
  node = await openRetainingNode(registry.url);
}
afterEach(async () => {
  await node.database.close();
  await registry.drop();
});

/** Requests that are written all the time, until they are stopped. A writer that waits for two seconds fails. */
async function startWriters(at: number) {
  let isOver = false;
  let commits = 0;
  const write = async () => {
    const session = await registry.session();
    await session.query(`SET lock_timeout = '2s'`);
    while (!isOver) {
      await session.query('BEGIN');
      await addRequestOf(session, at);
      await session.query('COMMIT');
      commits++;
    }
  };
  const writing = Promise.all([write(), write(), write()]);
  writing.catch(() => undefined); // is awaited by stop
  return {
    more: async (count: number) => {
      const until = commits + count;
      const failed = writing.then(() => 0);
      while (commits < until) await Promise.race([new Promise((resolve) => setTimeout(resolve, 20)), failed]);
    },
    stop: async () => {
      isOver = true;
      await writing;
      return commits;
    },
  };
}

/** A transaction that sees the rows of now, and what it sees. */
async function startReader() {
  const session = await registry.session();
  await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  const look = async () => (await agesIn(session, 'transaction_body', START)).count;
  return { seen: await look(), look, end: () => session.query('COMMIT') };
}

const names = async () => (await readPartitions(node.database.pool, 'transaction_body')).map(({ name }) => name);
const isLeaving = async () => (await readPartitions(node.database.pool)).some((each) => each.isLeaving);

/** Waits until the node waits for a lock. */
const isWaiting = () =>
  expect
    .poll(() =>
      registry.value<number>(
        `SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'sppp partitions' AND wait_event_type = 'Lock'
            AND datname = current_database()`,
      ),
    )
    .toBe(1);

beforeEach(async () => {
  await open(createDatabase());
  await addRequestOf(node.database.pool, START);
  await node.expire(START + DAY_MS, kept);
  await addRequestOf(node.database.pool, START + DAY_MS);
});

it('writers do not wait while partitions are made and leave; a long reader goes on, and only the drop waits for it', async () => {
  const reader = await startReader();
  expect(reader.seen).toBe(2);
  const writers = await startWriters(LATER);
  await writers.more(10);
  await expect(node.expire(LATER, kept)).rejects.toThrow('lock timeout');
  await writers.more(10);
  expect(await names()).toContain('transaction_body_from_20270111');
  expect(await reader.look()).toBe(2);
  await reader.end();
  const { dropped } = (await node.expire(LATER, kept)) ?? {};
  expect(dropped).toContain('transaction_body_first');
  await writers.more(10);
  const commits = await writers.stop();
  expect(await names()).not.toContain('transaction_body_first');
  // The second partition has requests of the writers, which are young.
  expect((await agesIn(node.database.pool, 'transaction_body', LATER)).count).toBe(commits);
  expect(await registry.value(`SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()`)).toBe(
    0,
  );
});

it('a node that is killed while it detaches a partition leaves nothing undone: the next run ends it', async () => {
  const reader = await startReader();
  const expiring = node.expire(LATER, kept);
  expiring.catch(() => undefined); // is awaited below
  await isWaiting();
  await registry.value(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sppp partitions'
        AND datname = current_database()`,
  );
  await expect(expiring).rejects.toThrow(/terminat/);
  expect(await isLeaving()).toBe(true);
  // Its rows are no longer to be seen, and others are written and read as before.
  await addRequestOf(node.database.pool, LATER);
  expect((await agesIn(node.database.pool, 'deletion', LATER)).count).toBeGreaterThan(0);
  await reader.end();
  expect((await node.expire(LATER, kept))?.dropped.length).toBeGreaterThan(3);
  expect(await isLeaving()).toBe(false);
});

it('a partition that was detached and not dropped yet is dropped', async () => {
  await registry.value('ALTER TABLE sppp.deletion DETACH PARTITION sppp.deletion_first');
  expect((await node.expire(START + DAY_MS, kept))?.dropped).toEqual(['deletion_first']);
});

it('several nodes at once do it once', async () => {
  const others = await Promise.all([openRetainingNode(registry.url), openRetainingNode(registry.url)]);
  try {
    await addRequestOf(node.database.pool, START + DAY_MS);
    for (const at of [LATER, LATER + 5 * DAY_MS]) {
      const all = await Promise.all([node, ...others].map((each) => each.expire(at, kept)));
      const made = all.flatMap((each) => each?.made ?? []);
      const dropped = all.flatMap((each) => each?.dropped ?? []);
      expect([made.length, new Set(made).size]).toEqual([4, 4]);
      expect(dropped.length).toBe(new Set(dropped).size);
      expect(dropped.length).toBeGreaterThan(3);
      await addRequestOf(node.database.pool, at);
    }
  } finally {
    for (const each of others) await each.database.close();
  }
});

it('a stop of the node ends what it waits for', async () => {
  const reader = await startReader();
  const stop = new AbortController();
  const expiring = node.expire(LATER, kept, stop.signal);
  expiring.catch(() => undefined); // is awaited below
  await isWaiting();
  stop.abort();
  await expect(expiring).rejects.toThrow('canceling statement due to user request');
  await reader.end();
});

it('large tables of a former release get partitions beside writers, and keep their rows', async () => {
  await node.database.close();
  await registry.drop();
  await open(createEmptyDatabase());
  await migrate(registry.url, released);
  const { pool } = node.database;
  await addRequestOf(pool, START, 12_000);
  await pool.query(`UPDATE sppp.transaction_body SET body = convert_to(repeat('x', 1500), 'UTF8')`);
  await migrate(registry.url);
  const bounds = async () => (await readPartitions(pool, 'transaction_body')).map(({ begin, end }) => [begin, end]);
  const { NEGATIVE_INFINITY: all, POSITIVE_INFINITY: open_ } = Number;
  expect(await bounds()).toEqual([[all, open_]]);
  expect((await agesIn(pool, 'transaction_body', START)).count).toBe(12_000);

  // A large request goes on: the partition is bounded another time, and nobody waits long.
  const large = await registry.session();
  await large.query('BEGIN');
  await addRequestOf(large, START);
  const writers = await startWriters(START);
  await writers.more(10);
  await expect(node.expire(START, kept)).rejects.toThrow('lock timeout');
  await writers.more(10);
  expect(await bounds()).toEqual([[all, open_]]);
  await large.query('COMMIT');
  await expect.poll(() => node.expire(START, kept).catch(() => undefined), { timeout: 90_000 }).toBeDefined();
  await writers.more(10);
  const commits = await writers.stop();
  expect(await bounds()).toEqual([[all, 1000]]);
  expect((await agesIn(pool, 'transaction_body', START)).count).toBe(12_000 + 1 + commits);
  expect(await registry.value(`SELECT count(*)::int FROM pg_constraint WHERE conname = 'ids_of_range'`)).toBe(0);
  await node.expire(START + DAY_MS, keptFor(90));
  await addRequestOf(pool, START + DAY_MS);
  expect(await bounds()).toEqual([
    [all, 1000],
    [1000, 20_825],
  ]);
});
