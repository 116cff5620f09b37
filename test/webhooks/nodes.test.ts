/** Several nodes send: each delivery by one at a time, and none is lost when a node is killed. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { QueryResultRow } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addOrganization } from '../../src/registry/access/administration.js';
import { type Database, openDatabase } from '../../src/registry/connection/database.js';
import { type Installation, install } from '../support/command-line.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Receiver, startReceiver } from '../support/webhook-receiver.js';
import { authorityFile, type MadeWebhook, makeWebhook, publishFor } from '../support/webhooks.js';

const TIMEOUT_MS = 300_000;
const WAIT = { timeout: 150_000, interval: 200 };
const ca = authorityFile();
const settings = { SPPP_WEBHOOK_NETWORKS: '127.0.0.1', SPPP_WEBHOOK_CA: ca.path };

let installation: Installation;
let testDatabase: TestDatabase;
let database: Database;
let receiver: Receiver;
const nodes: ChildProcess[] = [];
beforeAll(async () => {
  [installation, testDatabase, receiver] = await Promise.all([install(), createDatabase(), startReceiver()]);
  database = await openDatabase(testDatabase.url, { durable: false });
  await addOrganization(database.prisma, 'iana-en:225', '');
}, TIMEOUT_MS);
afterAll(async () => {
  for (const node of nodes) await killed(node);
  await database?.close();
  await Promise.all([testDatabase?.drop(), receiver?.close(), installation?.remove()]);
  ca.remove();
});

const sql = async <Row extends QueryResultRow = QueryResultRow>(text: string, values: unknown[] = []) =>
  (await database.pool.query<Row>(text, values)).rows;

/** Starts one more node, in a process of its own. */
async function startNode(): Promise<ChildProcess> {
  const script = `
    import { pino } from 'pino';
    import { readConfig } from '${installation.folder}/dist/config.js';
    import { openDeps } from '${installation.folder}/dist/deps.js';
    const config = readConfig(${JSON.stringify({ SPPP_DATABASE_CONNECTIONS: '6', ...settings })});
    const databaseUrl = ${JSON.stringify(testDatabase.url)};
    await openDeps(config, { databaseUrl, log: pino({ level: 'silent' }), durable: false });
    process.on('disconnect', () => process.exit());
    process.send('ready');
  `;
  const node = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: installation.folder,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  nodes.push(node);
  const [message] = await Promise.race([once(node, 'message'), once(node, 'exit')]);
  expect(message).toBe('ready');
  return node;
}

async function killed(node: ChildProcess): Promise<void> {
  if (node.exitCode !== null || node.signalCode !== null) return;
  const exit = once(node, 'exit');
  node.kill('SIGKILL');
  await exit;
}

it('each delivery once by two nodes, and at least once if one is killed', { timeout: TIMEOUT_MS }, async () => {
  // What is being sent now, and the most of one delivery at a time.
  const underWay = new Map<string, number>();
  let most = 0;
  let isHolding = false;
  receiver.answer = (response, { headers }) => {
    const id = String(headers['webhook-id']);
    const count = (underWay.get(id) ?? 0) + 1;
    underWay.set(id, count);
    most = Math.max(most, count);
    if (isHolding) return;
    setTimeout(() => {
      underWay.set(id, (underWay.get(id) ?? 1) - 1);
      response.writeHead(204).end();
    }, 30);
  };
  const webhooks: MadeWebhook[] = [];
  for (let n = 0; n < 6; n++) {
    webhooks.push(await makeWebhook({ deps: { database }, sql }, 'iana-en:225', `${receiver.url}/${n}`));
  }
  const ids = (positions: readonly number[]) =>
    positions.flatMap((position) => webhooks.map(({ id }) => `evt_${position}_${id}`)).sort();
  const receivedIds = () => receiver.received.map(({ headers }) => String(headers['webhook-id'])).sort();
  const events = (count: number) =>
    Array.from({ length: count }, (_, n) => ({ organization: 'iana-en:225', subject: `offer ${n}` }));

  const [first, second] = [await startNode(), await startNode()];
  const byTwo: number[] = [];
  for (let n = 0; n < 20; n++) byTwo.push(...(await publishFor({ sql }, events(5))));
  await expect.poll(() => receivedIds().length, WAIT).toBe(ids(byTwo).length);
  expect([receivedIds(), most]).toEqual([ids(byTwo), 1]);

  // One is left, which is killed while it waits for answers; another one takes over.
  await killed(first);
  isHolding = true;
  const taken = await publishFor({ sql }, events(20));
  await expect.poll(() => receivedIds().length, WAIT).toBeGreaterThan(ids(byTwo).length);
  await killed(second);
  isHolding = false;
  await startNode();
  await expect.poll(() => new Set(receivedIds()).size, WAIT).toBe(ids([...byTwo, ...taken]).length);
  const states = () => sql('SELECT DISTINCT state FROM sppp.webhook_delivery');
  await expect.poll(states, WAIT).toEqual([{ state: 'delivered' }]);
});
