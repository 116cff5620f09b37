/** A node loads all numbers beside its look-ups: after a start, and again after all blocks were dropped. */

import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { openLookups } from '../../src/deps.js';
import { countStatements, oneGroup, openStage, type Stage, shown } from '../support/cached-lookups.js';
import { orgs } from '../support/random-registry.js';
import { writeRegistry } from '../support/resolve-model.js';
import '../support/long-timeouts.js';

const [, peer] = orgs as [string, string, string];
/** Numbers of three blocks and two lengths. */
const there = ['12025550100', '12025550200', '12025551100', '1202555110', '99'];

let stage: Stage;
let writer: pg.Client;
let sent: ReturnType<typeof countStatements>;

beforeAll(async () => {
  stage = await openStage();
  writer = await stage.registry.session();
  await writeRegistry(writer, oneGroup(...there));
});
afterAll(() => stage.close());
beforeEach(() => {
  sent = countStatements();
});
afterEach(() => sent.stop());

const uris = async (identifier: string) =>
  shown(await stage.lookups.ask({ identifier, asker: peer })).map(({ finalUri }) => finalUri);

it('are found in the cache at their first question; those without a block are read', async () => {
  expect(stage.lookups.isWarm).toBe(false);
  expect(await stage.lookups.warmUp()).toBe(true);
  expect([stage.lookups.isWarm, sent.of('block')]).toEqual([true, 3]);
  for (const number of there.slice(0, -1)) expect(await uris(number)).toEqual([`a:+${number}`]);
  expect(await uris('12025550150')).toEqual([]);
  expect(sent.of('route_keys')).toBe(0);
  expect(await uris('99')).toEqual(['a:+99']);
  expect(sent.of('route_keys')).toBe(1);
});

it('are loaded again after all blocks were dropped, from the first question on', async () => {
  await writer.query(`INSERT INTO sppp.route_change (first, last) VALUES ('', ':')`);
  await uris('12025550100');
  await uris('12025550100');
  expect(sent.of('route_keys')).toBeGreaterThan(0);
  await expect.poll(() => stage.lookups.isWarm).toBe(true);
  const looked = sent.of('route_keys');
  for (const number of ['12025551100', '1202555110']) expect(await uris(number)).toEqual([`a:+${number}`]);
  expect(sent.of('route_keys')).toBe(looked);
});

it.each([
  ['no numbers', { answerBytes: 1_000_000, numberBytes: 0 }, true],
  ['nothing', { answerBytes: 0, numberBytes: 1_000_000 }, false],
])('are not loaded if the settings let the node cache %s', async (_, caches, isDone) => {
  const own = openLookups(
    { lookup: { connections: 4, timeout: 10_000, maxAge: 60_000, caches } },
    stage,
    () => undefined,
  );
  try {
    expect(await own.warmUp()).toBe(isDone);
    expect(sent.of('block')).toBe(0);
  } finally {
    await own.close();
  }
});
