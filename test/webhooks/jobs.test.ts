/** The tables of jobs: made by `sppp migrate`, and missed by nobody but webhooks. */

import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { JOB_REVISION } from '../../src/registry/schema/job-queue.js';
import { migrate, planMigration } from '../../src/registry/schema/migrate.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { silenceCauses } from '../support/published-events.js';
import { startServer, type TestServer } from '../support/server.js';
import { type Receiver, startReceiver } from '../support/webhook-receiver.js';
import { authorityFile, deliveriesOf, makeWebhook, publishFor, WAIT } from '../support/webhooks.js';

const TIMEOUT_MS = 180_000;
const ca = authorityFile();
let database: TestDatabase;
let server: TestServer;
let receiver: Receiver;
beforeAll(async () => {
  database = await createDatabase();
  receiver = await startReceiver();
}, TIMEOUT_MS);
afterAll(async () => {
  await server?.close();
  await receiver?.close();
  ca.remove();
});

it('the revision is that of the package', () => {
  const files = readdirSync(new URL('../../node_modules/graphile-worker/sql', import.meta.url));
  expect(Math.max(...files.map((file) => Number.parseInt(file, 10)))).toBe(JOB_REVISION);
});

it('a server without them works, and sends once they are there', { timeout: TIMEOUT_MS }, async () => {
  server = await startServer({
    database,
    settings: { SPPP_WEBHOOK_NETWORKS: '127.0.0.1', SPPP_WEBHOOK_CA: ca.path },
  });
  await silenceCauses(server);
  await server.sql('DROP SCHEMA sppp_jobs CASCADE');
  const webhook = await makeWebhook(server, 'iana-en:225', receiver.url);
  await publishFor(server, [{ organization: 'iana-en:225' }]);
  expect(await deliveriesOf(server, webhook)).toMatchObject([{ state: 'waiting', attempts: 0 }]);

  const { steps } = await planMigration(database.url);
  expect(steps.map(({ kind }) => kind)).toEqual(['job queue']);
  expect(await migrate(database.url)).toEqual([`sppp_jobs, revision ${JOB_REVISION}`]);
  expect(await migrate(database.url)).toEqual([]);
  await expect.poll(async () => (await deliveriesOf(server, webhook))[0]?.state, WAIT).toBe('delivered');
});
