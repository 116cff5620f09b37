/** Deliveries leave when they are old, a few at a time. */

import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/registry/connection/database.js';
import { purgeDeliveries } from '../../src/registry/webhooks/deliveries.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import '../support/long-timeouts.js';

const DAYS = 30;
let test: TestDatabase;
let database: Database;
beforeAll(async () => {
  test = await createDatabase();
  database = await openDatabase(test.url, { durable: false, maxConnections: 4 });
  await database.pool.query(
    // Disabled: it gets nothing by itself.
    `INSERT INTO sppp.webhook (id, url, types, secret, disabled_at, disabled_because)
     VALUES (1, 'https://alerts.example/', '{}', '', now(), 'a test');
     CREATE TABLE step (rows bigint);
     CREATE FUNCTION note_step() RETURNS trigger LANGUAGE plpgsql AS
       'BEGIN INSERT INTO step SELECT count(*) FROM gone; RETURN NULL; END';
     CREATE TRIGGER note_step AFTER DELETE ON sppp.webhook_delivery REFERENCING OLD TABLE AS gone
       FOR EACH STATEMENT EXECUTE FUNCTION note_step()`,
  );
});
beforeEach(() => database.pool.query('TRUNCATE sppp.webhook_delivery, step; DELETE FROM sppp.event'));
afterAll(async () => {
  await database?.close();
  await test?.drop();
});

/** Stores as many deliveries, from a position on. */
function deliver(first: number, count: number, state: string, days: number): Promise<unknown> {
  return database.pool.query(
    `INSERT INTO sppp.webhook_delivery (webhook_id, position, type, state, made_at)
     SELECT 1, n, 'sppp.offer.made.v1', $3, now() - make_interval(days => $4) FROM generate_series($1::int, $2::int) n`,
    [first, first + count - 1, state, days],
  );
}

const purge = () => purgeDeliveries(database.pool, new Date(), DAYS);

async function left(): Promise<number[]> {
  const { rows } = await database.pool.query<{ position: number }>(
    'SELECT position::int FROM sppp.webhook_delivery ORDER BY position',
  );
  return rows.map(({ position }) => position);
}

it('the old ones leave, in steps', async () => {
  await deliver(1, 12_000, 'delivered', DAYS + 1);
  await deliver(12_001, 3, 'delivered', DAYS - 1);
  expect(await purge()).toBe(12_000);
  const { rows } = await database.pool.query<{ rows: number }>('SELECT rows::int FROM step');
  expect(rows.map(({ rows: deleted }) => deleted)).toEqual([5000, 5000, 2000]);
  expect(await left()).toEqual([12_001, 12_002, 12_003]);
  expect(await purge()).toBe(0);
});

it('one that waits stays as long as its event', async () => {
  await deliver(1, 2, 'waiting', DAYS + 1);
  await deliver(3, 1, 'failed', DAYS + 1);
  await database.pool.query(
    `INSERT INTO sppp.event (position, type, subject, happened_at, data)
     VALUES (2, 'sppp.offer.made.v1', 'test', now(), '{}')`,
  );
  expect(await purge()).toBe(2);
  expect(await left()).toEqual([2]);
});

it('two nodes at once delete each once', async () => {
  await deliver(1, 30_000, 'delivered', DAYS + 1);
  const [one, other] = await Promise.all([purge(), purge()]);
  expect(one + other).toBe(30_000);
  expect(await left()).toEqual([]);
});
