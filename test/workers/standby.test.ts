/** `sppp serve --lookups-only` with several processes, on a real standby. */

import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { NONCE_KEY } from '../../src/http/digest-context.js';
import {
  addCredential,
  addGrant,
  addOrganization,
  revokeCredential,
} from '../../src/registry/access/administration.js';
import { serverKey } from '../../src/registry/access/server-key.js';
import { startBeating } from '../../src/registry/connection/beat.js';
import { type Database, openDatabase } from '../../src/registry/connection/database.js';
import { oneGroup } from '../support/cached-lookups.js';
import { type Installation, install, Serving } from '../support/command-line.js';
import { lookupPath } from '../support/lookup.js';
import '../support/long-timeouts.js';
import { orgs } from '../support/random-registry.js';
import { writeRegistry } from '../support/resolve-model.js';
import { type Replication, startReplication } from '../support/standby.js';
import { once, samplesOf, userOf, workersOf } from '../support/workers.js';

const [, asker = ''] = orgs;
const numbers = ['12025550100', '12025550101'];

let installation: Installation;
let replication: Replication;
let database: Database;
let stopBeating: () => Promise<void>;
let serving: Serving;
beforeAll(async () => {
  [installation, replication] = await Promise.all([install(), startReplication()]);
  database = await openDatabase(replication.primary.url, { durable: false, maxConnections: 3 });
  const writer = new pg.Client({ connectionString: replication.primary.url });
  await writer.connect();
  await writeRegistry(writer, oneGroup(...numbers));
  await writer.end();
  const { prisma } = database;
  await addOrganization(prisma, asker, '');
  await addGrant(prisma, asker, asker);
  for (const username of ['stays', 'goes']) {
    await addCredential(prisma, { registrar: asker, username, label: '', ...secretsOf(username, username) });
  }
  await serverKey(prisma, NONCE_KEY); // as the first node that writes makes it
  stopBeating = startBeating(database.pool);
  await replication.catchUp();
  serving = await Serving.start(installation, ['serve', '--lookups-only'], {
    LOOKUP_DATABASE_URL: replication.standby.url,
    ...{ SPPP_PORT: '0', SPPP_METRICS_PORT: '0', SPPP_WORKERS: '2', SPPP_LOG_LEVEL: 'info' },
    SPPP_LOOKUP_MAX_AGE: '60000', // a busy machine may hold up beats
  });
}, 300_000);
afterAll(async () => {
  expect(await serving?.end('SIGTERM')).toBe(0);
  await stopBeating?.();
  await database?.close();
  await replication?.close();
  await installation?.remove();
}, 300_000);

const lookUp = (client: ReturnType<typeof userOf>, number = numbers[0]) => {
  const path = lookupPath(`+${number}`, { asker });
  return client.send((serving.url ?? '').replace('/lookup', path), { headers: once });
};
/** Each on a connection of its own, so that the workers take turns. A busy database may be away for a moment. */
const statusesOf = async (client: ReturnType<typeof userOf>, times: number) => {
  const statuses: number[] = [];
  while (statuses.length < times) {
    const { status } = await lookUp(client);
    if (status !== 503) statuses.push(status);
  }
  return statuses;
};

it('both workers answer look-ups from the standby', async () => {
  expect(serving.out).toMatch(/^data .*LOOKUP_DATABASE_URL\nmetrics .*\nworkers 2\nready .*\/lookup\n$/m);
  const client = userOf('stays', 'stays');
  const answerTo = async (number: string) => {
    const { status, text } = await lookUp(client, number);
    return status === 200 ? JSON.parse(text) : status;
  };
  for (const number of [...numbers, ...numbers]) {
    await expect
      .poll(() => answerTo(number), { timeout: 60_000 })
      .toMatchObject({ identifier: `+${number}`, records: [{}] });
  }
  const samples = await samplesOf(serving);
  expect(samples.get('sppp_workers')).toBe(2);
  expect(samples.get('sppp_lookups_total')).toBeGreaterThanOrEqual(4);
});

it('a login that is revoked at the primary is out at both', async () => {
  const [goes, stays] = [userOf('goes', 'goes'), userOf('stays', 'stays')];
  expect(await statusesOf(goes, 4)).toEqual([200, 200, 200, 200]);
  await revokeCredential(database.prisma, 'goes', new Date());
  await replication.catchUp();
  // Connections go to the workers in turn. 5 s by the clock of a busy machine are more.
  await expect.poll(() => statusesOf(goes, 4), { timeout: 60_000 }).toEqual([401, 401, 401, 401]);
  expect(await statusesOf(stays, 4)).toEqual([200, 200, 200, 200]);
});

it('a worker that is killed is replaced, and no connection is refused meanwhile', async () => {
  await expect.poll(() => workersOf(serving).length).toBe(2);
  const [killed] = workersOf(serving);
  process.kill(killed?.pid ?? 0, 'SIGKILL');
  const client = userOf('stays', 'stays');
  const statuses: number[] = [];
  while (workersOf(serving).length < 3) statuses.push(...(await statusesOf(client, 2)));
  statuses.push(...(await statusesOf(client, 4)));
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(workersOf(serving).at(-1)?.number).toBe(killed?.number);
  const samples = await samplesOf(serving);
  expect([samples.get('sppp_workers'), samples.get('sppp_workers_replaced_total')]).toEqual([2, 1]);
});
