/** The bytes of a number on disk: with its membership in one destination group, all indexes and maps. */

import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { addRequest, destGrp, readAnswer, tn } from '../support/message.js';
import { numberBytes } from '../support/number-bytes.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const COUNT = 40_000;
const MAX_BYTES = 250;

let server: TestServer;
let db: pg.Client;

beforeEach(async () => {
  server = await startServer();
  db = new pg.Client({ connectionString: server.databaseUrl });
  await db.connect();
});
afterEach(async () => {
  await db.end();
  await server.close();
});

async function add(numbers: readonly string[]): Promise<void> {
  const objects = [destGrp('DEST'), ...numbers.map((number) => tn(number, ['DEST']))];
  expect(readAnswer((await server.post(addRequest(...objects))).text).code).toBe(1000);
}

/** A stride that is prime to the count visits every number once, far from the one before. */
const shuffled = (count: number) => Array.from({ length: count }, (_, index) => (index * 7919) % count);
const inOrder = (count: number) => Array.from({ length: count }, (_, index) => index);
const number = (rank: number) => `+${12_025_000_000 + rank}`;

it.each([
  ['in the order of the numbers', inOrder],
  ['in no order', shuffled],
])(`written as E.164 has it, %s: at most ${MAX_BYTES} bytes`, async (_, order) => {
  await add(order(COUNT).map(number));
  const { rows, indexes, maps } = await numberBytes(db);
  expect((rows + indexes + maps) / COUNT).toBeLessThanOrEqual(MAX_BYTES);
});
