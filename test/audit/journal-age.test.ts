/** Retention of the journal: rows that no object names are deleted, with all that belongs to them. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { purgeJournal } from '../../src/registry/journal/purge.js';
import { fullSet } from '../support/full-set.js';
import { addRequest, delRequest, destGrp, getRequest, numberKey, objKey, readAnswer, tn } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';

const DAY_MS = 86_400_000;
let now: number;
let server: TestServer;
beforeAll(async () => {
  now = Date.now() + 60_000;
  server = await startServer({ clock: () => new Date(now) });
});
afterAll(() => server.close());

const count = async (table: string) =>
  (await server.sql<{ n: number }>(`SELECT count(*)::int AS n FROM sppp.${table}`))[0]?.n;
const purge = (days: number) => purgeJournal(server.deps.database.pool, new Date(now), days);

it('old rows without objects are deleted; those that objects of any kind name stay', async () => {
  // Objects of every kind, a number that is replaced, one that is deleted, a failure, a query.
  expect(readAnswer((await server.post(addRequest(...fullSet()))).text).code).toBe(1000);
  await server.post(addRequest(tn('12025550111', ['FULL_DG'])));
  await server.post(addRequest(tn('12025550111')));
  await server.post(addRequest(destGrp('GONE'), tn('12025550112')));
  await server.post(delRequest(objKey('DestGrp', 'GONE'), numberKey('TN', '12025550112')));
  await server.post(addRequest(destGrp('x')));
  await server.post(getRequest(objKey('DestGrp', 'FULL_DG')));
  expect(await count('transaction')).toBe(7);
  expect(await count('deletion')).toBe(2);

  now += 30 * DAY_MS;
  await server.post(addRequest(destGrp('y'))); // Not old, and named by nothing.
  expect(await purge(31)).toBe(0);
  const before = await server.sql('SELECT * FROM sppp_api.public_identifier ORDER BY value');
  // The first add of the number, the adds and deletes of the others, the failure, the query.
  expect(await purge(29)).toBe(5);
  expect(await purge(29)).toBe(0);
  expect(await count('transaction')).toBe(3);
  expect(await count('deletion')).toBe(0);
  expect(await count('transaction_body')).toBe(3);
  expect(await count('transaction_code')).toBe(1);
  expect(await server.sql('SELECT * FROM sppp_api.public_identifier ORDER BY value')).toEqual(before);
});

it('more rows than one statement deletes are deleted in one purge', async () => {
  await server.sql(
    `INSERT INTO sppp.transaction (server_trans_id, operation, mode, received_at, code, answered_at)
     SELECT gen_random_uuid(), 'submitAddRqst', 'atomic', $1, 2100, $1 FROM generate_series(1, 25000)`,
    [new Date(now - 365 * DAY_MS)],
  );
  expect(await purge(364)).toBe(25_000);
});
