/** A PostgreSQL that does not answer, while its machine does: all of its processes are stopped. And one that waits for a standby. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/registry/embedded/embedded-postgres.js';
import { migrate } from '../../src/registry/schema/migrate.js';
import { send } from '../support/digest-client.js';
import { addRequest, destGrp, readAnswer, tn } from '../support/message.js';
import { signalPostgres } from '../support/postmaster.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const silence = {
  connections: { interval: 100, silence: 800, answer: 3000, grace: 500 },
  listening: { check: 200, answer: 800, trust: 1500, reconnect: 100, read: 3000 },
};

let dataDir: string;
let postgres: EmbeddedPostgres;
let server: TestServer;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sppp-stopped-'));
  postgres = await startEmbeddedPostgres({ dataDir });
  await migrate(postgres.url);
  server = await startServer({ database: { url: postgres.url, drop: async () => undefined }, silence });
  expect(await codeOf(addRequest(destGrp('ONE')))).toBe(1000);
}, 180_000);
afterAll(async () => {
  await server.close();
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
}, 120_000);

async function codeOf(xml: string): Promise<number> {
  const { status, text } = await server.post(xml);
  return status === 200 ? readAnswer(text).code : status;
}

let last = 12_025_550_000;
const add = () => codeOf(addRequest(tn(String(++last), ['ONE'])));

async function health(path: string): Promise<readonly [number, string, boolean]> {
  const before = performance.now();
  const { status, text } = await send(`${server.url}/health/${path}`);
  return [status, (JSON.parse(text) as { status: string }).status, performance.now() - before < 1000];
}

it('while it is stopped, health and requests have their answers; afterwards all is well', async () => {
  await signalPostgres(dataDir, 'SIGSTOP');
  try {
    const begun = Array.from({ length: 5 }, add);
    expect(await health('live')).toEqual([200, 'ok', true]);
    expect(await health('write')).toEqual([503, 'no database', true]);
    expect(await health('lookup')).toEqual([503, 'no database', true]);
    for (const code of await Promise.all(begun)) expect([2300, 503]).toContain(code);
  } finally {
    await signalPostgres(dataDir, 'SIGCONT');
  }
  await expect.poll(() => health('write')).toEqual([200, 'ok', true]);
  await expect.poll(add).toBe(1000);
});

it('while commits wait for a standby, changes cannot be made, and look-ups can', async () => {
  const wait = async (names: string) => {
    await server.sql(`ALTER SYSTEM SET synchronous_standby_names = '${names}'`);
    await server.sql('SELECT pg_reload_conf()');
  };
  await wait('nobody');
  try {
    const begun = add();
    await expect.poll(() => health('write')).toEqual([503, 'commits wait', true]);
    expect(await health('lookup')).toEqual([200, 'ok', true]);
    await wait('');
    expect(await begun).toBe(1000);
    await expect.poll(() => health('write')).toEqual([200, 'ok', true]);
  } finally {
    await wait('');
  }
});
