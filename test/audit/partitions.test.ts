/** What the journal has beside its rows leaves by partitions: days pass, settings change, nodes are off. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readPartitions } from '../../src/registry/journal/partitions.js';
import {
  daysToLast,
  type PartitionedTable,
  partitionedTables,
  periodOf,
} from '../../src/registry/journal/retention.js';
import { DAY_MS } from '../../src/values/days.js';
import { addRequestOf, agesIn, keptFor, openRetainingNode, type RetainingNode } from '../support/kept-journal.js';
import { addRequest, delRequest, destGrp, numberKey, readAnswer, tn } from '../support/message.js';
import { startServer } from '../support/server.js';
import { createSqlRegistry, type SqlRegistry } from '../support/sql-registry.js';

vi.setConfig({ testTimeout: 180_000 });

/** Noon of a day. */
const START = Date.UTC(2027, 0, 1, 12);

let registry: SqlRegistry;
let node: RetainingNode;
beforeEach(async () => {
  registry = await createSqlRegistry();
  node = await openRetainingNode(registry.url);
});
afterEach(async () => {
  await node.database.close();
  await registry.drop();
});

const add = (at: number) => addRequestOf(node.database.pool, at);
const ages = (table: PartitionedTable, at: number) => agesIn(node.database.pool, table, at);
const partitions = async (table: PartitionedTable = 'transaction_body') =>
  (await readPartitions(node.database.pool, table)).map(({ name }) => name);

/** From now on a statement that deletes rows of a partitioned table fails. */
async function forbidDeletes(): Promise<void> {
  const { pool } = node.database;
  await pool.query(`CREATE FUNCTION public.forbid() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE 'DELETE FROM %', TG_TABLE_NAME; END $$`);
  for (const table of partitionedTables)
    await pool.query(`CREATE TRIGGER forbid BEFORE DELETE ON sppp.${table} EXECUTE FUNCTION public.forbid()`);
}

describe('days that pass', () => {
  it.each([
    [1, 1, 8],
    [5, 1, 14],
    [90, 8, 18],
    [400, 25, 26],
  ])(
    'rows kept for %d days stay for as long, and are gone a tenth later, without a DELETE',
    async (kept, step, steps) => {
      let at = START;
      let isForbidden = false;
      for (let n = 0; n < steps; n++, at += step * DAY_MS) {
        await node.expire(at, keptFor(kept));
        await add(at);
        const [first] = await readPartitions(node.database.pool);
        // When the first ones are gone, and those of the first day with partitions, all partitions have days.
        if (!isForbidden && (first?.begin ?? 0) > 1000) {
          await forbidDeletes();
          isForbidden = true;
        }
        // Each run finds all that is younger, and nothing that is too old.
        const young = Math.min(n, Math.floor(kept / step)) + 1;
        for (const table of partitionedTables) {
          const { count, oldest } = await ages(table, at);
          expect(count).toBeGreaterThanOrEqual(young);
          expect(oldest).toBeLessThanOrEqual(daysToLast(kept) + step);
        }
      }
      expect((await partitions()).length).toBeLessThan(kept / periodOf(kept) + 5);
      expect(isForbidden).toBe(true);
      expect(await registry.value('SELECT count(*)::int FROM sppp.transaction')).toBe(steps);
    },
  );

  it('a registry of today has its first partitions alone; the next day begins others, to which ids move', async () => {
    await add(START);
    expect(await node.expire(START, keptFor(90, 3650))).toEqual({ made: [], dropped: [], rows: 0 });
    expect(await registry.value('SELECT max(id) < 10 FROM sppp.transaction')).toBe(true);
    const { made } = (await node.expire(START + DAY_MS, keptFor(90, 3650))) ?? {};
    expect(made?.toSorted()).toEqual([
      'deletion_from_20270102',
      'transaction_body_from_20270102',
      'transaction_code_from_20270102',
      'transaction_failure_from_20270102',
    ]);
    await add(START + DAY_MS);
    expect(await registry.value('SELECT max(id) FROM sppp.transaction')).toBe('10000000000000');
    for (const table of partitionedTables)
      expect(await registry.value(`SELECT count(*)::int FROM sppp.${table}_from_20270102`)).toBe(1);
    // The body's week ends on day 20,825, a Thursday; the year of the codes goes on.
    const week = Date.UTC(2027, 0, 7, 12);
    expect((await node.expire(week, keptFor(90, 3650)))?.made.toSorted()).toEqual([
      'transaction_body_from_20270107',
      'transaction_failure_from_20270107',
    ]);
    await add(week);
    expect(await registry.value('SELECT max(id) FROM sppp.transaction')).toBe('208250000000000');
    expect(await node.expire(week, keptFor(90, 3650))).toEqual({ made: [], dropped: [], rows: 0 });
  });

  it('a partition stays as long as its last request, however late the next one began', async () => {
    await add(START);
    await node.expire(START + DAY_MS, keptFor(5));
    await add(START + DAY_MS);
    // No node makes partitions for ten days, and all requests come into that of the second day.
    await add(START + 10 * DAY_MS);
    await node.expire(START + 11 * DAY_MS, keptFor(5));
    await add(START + 11 * DAY_MS);
    const [oldest] = [await ages('transaction_code', START + 11 * DAY_MS)];
    expect(oldest?.count).toBe(3);
    await node.expire(START + 14 * DAY_MS, keptFor(5));
    expect((await ages('transaction_code', 0)).count).toBe(3); // that of the tenth day may not leave
    expect((await ages('transaction_body', 0)).count).toBe(2); // what was too old has left by itself
    await node.expire(START + 17 * DAY_MS, keptFor(5));
    expect((await ages('transaction_code', 0)).count).toBe(1);
  });
});

it('a node that was off for a year finds its partitions, and nothing fails before it has looked', async () => {
  await add(START);
  await node.expire(START + DAY_MS, keptFor(90, 3650));
  await add(START + DAY_MS);
  const later = START + 366 * DAY_MS;
  await add(later);
  const { made, ...kept } = (await node.expire(later, keptFor(90, 3650))) ?? {};
  expect(made).toHaveLength(4);
  // Of the partition that has a request of today, the older one leaves by itself.
  expect(kept).toEqual({ dropped: ['transaction_body_first', 'transaction_failure_first'], rows: 2 });
  await add(later);
  expect(await ages('transaction_body', later)).toEqual({ count: 2, oldest: 0 });
  expect((await ages('deletion', later)).count).toBe(4);
  expect(await registry.value('SELECT count(*)::int FROM sppp.transaction_body_from_20280102')).toBe(1);
});

it('a node makes them when it starts, and its requests and their records go there', async () => {
  await add(START);
  const at = START + 400 * DAY_MS;
  const database = { url: registry.url, drop: async () => undefined };
  const server = await startServer({ database, clock: () => new Date(at) });
  try {
    await expect.poll(() => partitions()).toContain('transaction_body_from_20280205');
    await expect
      .poll(() => registry.value('SELECT last_value >= 10000000000000 FROM sppp.transaction_id_seq'))
      .toBe(true);
    const numbers = Array.from({ length: 3000 }, (_, n) => tn(`1202${5_550_000 + n}`, ['GROUP']));
    for (const request of [addRequest(destGrp('GROUP'), ...numbers), delRequest(numberKey('TN', '12025550000'))])
      expect(readAnswer((await server.post(request)).text)).toMatchObject({ code: 1000, details: [] });
    const { text } = await server.post(delRequest(numberKey('TN', '12025550000')));
    const { serverTransId, code } = readAnswer(text);
    expect(code).toBe(2100);
    for (const [table, count] of [
      ['transaction_body', 3],
      ['transaction_failure', 1],
      ['transaction_code', 1],
      ['deletion', 1],
    ])
      expect(await registry.value(`SELECT count(*)::int FROM sppp.${table}_from_20280205`), `${table}`).toBe(count);
    const told = await registry.value<object>(
      `SELECT jsonb_build_object('codes', codes, 'kept', kept_bytes > 0) FROM sppp_api.transaction WHERE server_trans_id = $1`,
      [serverTransId],
    );
    expect(told).toEqual({ codes: { 2102: 1 }, kept: true });
  } finally {
    await server.close();
  }
});

describe('a setting that changes', () => {
  it('to fewer days holds at once, also for rows in a partition of a longer time', async () => {
    for (let day = 0; day < 60; day += 10) {
      await node.expire(START + day * DAY_MS, keptFor(3650));
      await add(START + day * DAY_MS);
    }
    const at = START + 60 * DAY_MS;
    const { dropped, rows } = (await node.expire(at, keptFor(15))) ?? {};
    // The first partitions have the oldest request. The four after it are in partitions of a year, with one that is not old.
    expect(dropped).toEqual(partitionedTables.map((table) => `${table}_first`).sort());
    expect(rows).toBe(4 + 4);
    expect(await ages('transaction_body', at)).toEqual({ count: 1, oldest: 10 });
    expect((await ages('transaction_code', at)).count).toBe(5); // these go with their journal rows
  });

  it('to more days keeps what is there', async () => {
    for (let day = 0; day < 8; day++) {
      await node.expire(START + day * DAY_MS, keptFor(4));
      await add(START + day * DAY_MS);
    }
    const { count } = await ages('deletion', START);
    for (let day = 8; day < 20; day++) await node.expire(START + day * DAY_MS, keptFor(36_500));
    expect((await ages('deletion', START)).count).toBe(count);
    expect((await partitions('deletion')).length).toBeLessThan(10);
  });
});

describe('an index', () => {
  it('of one partition answers a look by the id of a request, in views and functions of the server', async () => {
    for (let day = 0; day < 16; day++) {
      await node.expire(START + day * DAY_MS, keptFor(60));
      await addRequestOf(node.database.pool, START + day * DAY_MS, 1000);
    }
    expect((await partitions()).length).toBe(16);
    const session = await registry.session();
    await session.query('ANALYZE');
    await session.query('SET enable_seqscan = off');
    const id = await registry.value<string>(
      'SELECT server_trans_id FROM sppp.transaction ORDER BY id OFFSET 7500 LIMIT 1',
    );
    const entered = async (text: string) => {
      const { rows } = await session.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) ${text}`,
      );
      const lines = rows.map((row) => row['QUERY PLAN']).filter((line) => !line.includes('never executed'));
      expect(lines.join('\n')).not.toContain('Seq Scan');
      const scans = lines.map(
        (line) => /Scan .*?on ((?:transaction_[a-z]+|deletion)_(?:first|from_\d+))/.exec(line)?.[1],
      );
      return [...new Set(scans)].filter((name) => name !== undefined);
    };
    expect(
      (await entered(`SELECT codes, kept_bytes FROM sppp_api.transaction WHERE server_trans_id = '${id}'`)).length,
    ).toBe(2);
    expect((await entered(`SELECT * FROM sppp_api.transaction_failure WHERE server_trans_id = '${id}'`)).length).toBe(
      1,
    );
    expect((await entered(`SELECT * FROM sppp_api.deletion WHERE server_trans_id = '${id}'`)).length).toBe(1);
    const row = await registry.value<string>(`SELECT id FROM sppp.transaction WHERE server_trans_id = '${id}'`);
    for (const table of partitionedTables)
      expect((await entered(`SELECT * FROM sppp.${table} WHERE transaction_id = ${row}`)).length).toBe(1);
  });
});
