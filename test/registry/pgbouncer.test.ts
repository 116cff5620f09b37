/** PgBouncer (Debian: pgbouncer) before the database. Without it this file is skipped. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { revokeCredential } from '../../src/registry/access/administration.js';
import { openDatabase } from '../../src/registry/connection/database.js';
import { reach } from '../../src/registry/connection/reach.js';
import { expectDone } from '../support/carrier.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { freePort } from '../support/free-port.js';
import { addRequest, destGrp, readAnswer } from '../support/message.js';
import { startServer } from '../support/server.js';

const isMissing = spawnSync('pgbouncer', ['--version']).error !== undefined;
if (isMissing) {
  process.stderr.write('test/registry/pgbouncer.test.ts is skipped: there is no pgbouncer (Debian: pgbouncer)\n');
}

vi.setConfig({ testTimeout: 120_000 });

const modes = ['session', 'transaction', 'statement'] as const;

describe.skipIf(isMissing)('PgBouncer', () => {
  let database: TestDatabase;
  let folder: string;
  const poolers: ChildProcess[] = [];
  const urls = new Map<string, string>();

  beforeAll(async () => {
    database = await createDatabase();
    folder = await mkdtemp(join(tmpdir(), 'sppp-pgbouncer-'));
    await chmod(folder, 0o755);
    for (const mode of modes) urls.set(mode, await startPooler(mode));
  }, 60_000);
  afterAll(async () => {
    for (const pooler of poolers) {
      if (pooler.exitCode !== null) continue;
      const ended = once(pooler, 'exit');
      pooler.kill('SIGINT');
      await ended;
    }
    await database?.drop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  /** Starts one in the foreground, and waits until it answers; tries another port if its own is in use. */
  async function startPooler(mode: string): Promise<string> {
    const { hostname, port, username, password, pathname } = new URL(database.url);
    const own = await freePort();
    const settings = join(folder, `${mode}.ini`);
    const to = `host=${hostname} port=${port} user=${username} password=${password}`;
    const lines = [
      ...['[databases]', `${pathname.slice(1)} = ${to}`, '[pgbouncer]', 'listen_addr = 127.0.0.1'],
      ...[`listen_port = ${own}`, 'auth_type = any', `pool_mode = ${mode}`, 'unix_socket_dir ='],
    ];
    await writeFile(settings, `${lines.join('\n')}\n`);
    // It does not run as root.
    const account = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
    const pooler = spawn('pgbouncer', ['-q', ...account, settings], { stdio: 'ignore' });
    poolers.push(pooler);
    const url = new URL(database.url);
    url.port = String(own);
    const refused = () => reach(url.href).catch((error: Error) => error.message);
    const isUp = async () => pooler.exitCode !== null || !String(await refused()).includes('ECONNREFUSED');
    await vi.waitFor(async () => expect(await isUp()).toBe(true), { timeout: 20_000, interval: 50 });
    return pooler.exitCode === null ? url.href : startPooler(mode);
  }

  it.each(['transaction', 'statement'])('in %s mode is refused at the start, with the reason', async (mode) => {
    await expect(reach(urls.get(mode) ?? '')).rejects.toThrow(
      /^DATABASE_URL: sessions do not last as long as their connections \(.+\): a pooler between needs pool_mode = session/,
    );
  });

  it('in session mode has no effect: adds succeed, and a revoked login fails', async () => {
    const url = await reach(urls.get('session') ?? '');
    const server = await startServer({ database: { url, drop: async () => undefined } });
    try {
      for (let count = 1; count <= 30; count++) {
        expectDone(readAnswer((await server.post(addRequest(destGrp(`GROUP_${count}`)))).text));
      }
      const beside = await openDatabase(url, { durable: false, maxConnections: 1 });
      await revokeCredential(beside.prisma, 'ssp2r', new Date(Date.now() - 1000));
      await beside.close();
      const status = async () => (await server.post(addRequest(destGrp('GROUP_1')))).status;
      await expect.poll(status, { timeout: 20_000 }).toBe(401);
    } finally {
      await server.close();
    }
  });
});
