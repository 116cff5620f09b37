import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/registry/embedded/embedded-postgres.js';
import '../support/long-timeouts.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
let dataDir: string;
let started: EmbeddedPostgres[];
let processes: ChildProcess[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sppp-embedded-'));
  await chmod(dataDir, 0o755);
  started = [];
  processes = [];
});
afterEach(async () => {
  for (const child of processes) child.kill('SIGKILL');
  for (const server of started) await server.stop();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

async function start(options: { fsync?: boolean } = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, ...options });
  started.push(server);
  return server;
}

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query({ text: sql, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

async function askUntilAnswered(url: string, sql: string): Promise<unknown> {
  for (;;) {
    try {
      return await ask(url, sql);
    } catch {
      await delay(50);
    }
  }
}

async function postmaster(): Promise<number> {
  return Number((await readFile(join(dataDir, 'cluster', 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

/** Under the account that PostgreSQL runs under, which may signal it. */
async function spawnBeside(command: string): Promise<ChildProcess> {
  const { uid, gid } = await stat(join(dataDir, 'cluster'));
  const account = process.getuid?.() === 0 ? { uid, gid } : {};
  const child = spawn('sh', ['-c', command], { ...account, cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] });
  processes.push(child);
  return child;
}

describe('a server on a data folder', () => {
  it('keeps the data and the port from one start to the next', async () => {
    const first = await start();
    await ask(first.url, 'CREATE TABLE kept AS SELECT 7 AS value');
    await first.stop();
    await first.stop();
    await expect(ask(first.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
    const second = await start();
    expect(second.url).toBe(first.url);
    expect([first.adopted, second.adopted]).toEqual([false, false]);
    expect(await ask(second.url, 'SELECT value FROM kept')).toBe(7);
  });

  it('is durable, on the loopback interface only, and tuned', async () => {
    const { url } = await start();
    const expected = {
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      data_checksums: 'on',
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      server_encoding: 'UTF8',
      random_page_cost: '1.1',
      TimeZone: 'UTC',
    };
    const names = Object.keys(expected).map((name) => `'${name}'`);
    const sql = `SELECT json_object_agg(name, setting) FROM pg_settings WHERE name IN (${names})`;
    expect(await ask(url, sql)).toEqual(expected);
  });

  it('takes a quarter of the memory for its pages, within limits', async () => {
    const { url } = await start();
    const megabytes = Number(await ask(url, `SELECT pg_size_bytes(current_setting('shared_buffers')) / 1048576`));
    const quarter = Math.min(totalmem(), process.constrainedMemory() || totalmem()) / 4 / 2 ** 20;
    expect(Math.abs(megabytes - Math.min(Math.max(quarter, 128), 8192))).toBeLessThanOrEqual(1);
  });

  it('compares text by code point, independent of the machine', async () => {
    const { url } = await start();
    const sql = `SELECT datlocprovider::text || ' ' || datlocale FROM pg_database WHERE datname = current_database()`;
    expect(await ask(url, sql)).toBe('b C.UTF-8');
  });

  it('gives up durability only when asked to', async () => {
    const { url } = await start({ fsync: false });
    for (const name of ['fsync', 'synchronous_commit', 'full_page_writes']) {
      expect(await ask(url, `SHOW ${name}`)).toBe('off');
    }
    await expect(start()).rejects.toThrow('fsync=off');
  });

  it('needs the password, whose file only its owner can read', async () => {
    const { url } = await start();
    const wrong = new URL(url);
    wrong.password = 'guess';
    await expect(ask(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
    const { mode } = await stat(join(dataDir, 'cluster', 'sppp-password'));
    expect(mode & 0o777).toBe(0o600);
    const open = `SELECT count(*)::int FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256'`;
    expect(await ask(url, open)).toBe(0);
  });

  it('moves to another port if the old one is in use', async () => {
    const first = await start();
    await first.stop();
    const squatter = createServer();
    squatter.listen(Number(new URL(first.url).port), '127.0.0.1');
    await once(squatter, 'listening');
    const second = await start().finally(() => squatter.close());
    expect(new URL(second.url).port).not.toBe(new URL(first.url).port);
    expect(await ask(second.url, 'SELECT 1')).toBe(1);
  });

  it('removes the remains of a start that was killed half-way, and nothing else', async () => {
    const gone = await spawnBesideNothing();
    await mkdir(join(dataDir, `cluster.new-${gone}-1a2b3c4d`));
    await mkdir(join(dataDir, `cluster.new-${process.pid}-1a2b3c4d`));
    await start();
    const folders = (await readdir(dataDir)).filter((name) => name.startsWith('cluster'));
    expect(folders.sort()).toEqual(['cluster', `cluster.new-${process.pid}-1a2b3c4d`]);
  });

  it('is not started on a folder of another program', async () => {
    await mkdir(join(dataDir, 'cluster'));
    await expect(start()).rejects.toThrow('not a cluster that this server made');
  });

  it('shows PostgreSQL’s own message when it does not start', async () => {
    const first = await start();
    await first.stop();
    await writeFile(join(dataDir, 'cluster', 'postgresql.auto.conf'), 'no_such_setting = 1\n');
    await expect(start()).rejects.toThrow('no_such_setting');
  });
});

/** The id of a process that has ended. */
async function spawnBesideNothing(): Promise<number | undefined> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid;
}

describe('several users of one data folder', () => {
  it('share the server, and the last one to leave stops it', async () => {
    const [a, b, c] = await Promise.all([start(), start(), start()]);
    expect(new Set([a.url, b.url, c.url]).size).toBe(1);
    expect([a, b, c].filter((server) => !server.adopted)).toHaveLength(1);
    await a.stop();
    expect(await ask(c.url, 'SELECT 1')).toBe(1);
    await b.stop();
    expect(await ask(c.url, 'SELECT 1')).toBe(1);
    await c.stop();
    await expect(ask(c.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  });

  it('may leave at once, and come while another leaves', async () => {
    const [a, b] = [await start(), await start()];
    const [, , c] = await Promise.all([a.stop(), b.stop(), start()]);
    expect(await ask(c.url, 'SELECT 1')).toBe(1);
    await c.stop();
    await expect(ask(c.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  });
});

describe('after kill -9 of PostgreSQL', () => {
  it('it is available again at the same address with all committed data', async () => {
    const { url } = await start();
    await ask(url, 'CREATE TABLE kept AS SELECT 7 AS value');
    process.kill(await postmaster(), 'SIGKILL');
    expect(await askUntilAnswered(url, 'SELECT value FROM kept')).toBe(7);
  });

  it('the start waits for a backend that still runs', async () => {
    const { url } = await start();
    const busy = ask(
      url,
      `DO $$ DECLARE enough timestamptz := clock_timestamp() + '6 s';
       BEGIN WHILE clock_timestamp() < enough LOOP END LOOP; END $$`,
    ).catch(() => 'cut off');
    const atWork = `SELECT count(*)::int FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DO %'`;
    await expect.poll(() => ask(url, atWork)).toBe(1);
    const before = await postmaster();
    process.kill(before, 'SIGKILL');
    const since = Date.now();
    expect(await askUntilAnswered(url, 'SELECT 1')).toBe(1);
    expect(Date.now() - since).toBeGreaterThan(1000);
    expect(await readFile(join(dataDir, 'postgres.log'), 'utf8')).toContain('pre-existing shared memory block');
    await busy;
  });

  it('a lock file whose process id belongs to another program does not prevent the start', async () => {
    const first = await start();
    await first.stop();
    const other = await spawnBeside('exec sleep 600');
    const lockFile = join(dataDir, 'cluster', 'postmaster.pid');
    await writeFile(
      lockFile,
      `${other.pid}\n${join(dataDir, 'cluster')}\n1700000000\n41234\n\n127.0.0.1\n  1 1\nready\n`,
    );
    const second = await start();
    expect(second.adopted).toBe(false);
    expect(await ask(second.url, 'SELECT 1')).toBe(1);
    expect(other.exitCode).toBeNull();
  });

  it('a lock file whose process is a zombie does not prevent the start', async () => {
    const first = await start();
    await first.stop();
    const parent = await spawnBeside('true & echo $!; exec sleep 600'); // sleep never buries it
    const [zombie] = parent.stdout ? await once(parent.stdout, 'data') : [];
    const lockFile = join(dataDir, 'cluster', 'postmaster.pid');
    await writeFile(lockFile, `${zombie}/data\n1700000000\n41234\n\n127.0.0.1\n  1 1\nready\n`);
    expect(await ask((await start()).url, 'SELECT 1')).toBe(1);
  });
});

describe('after kill -9 of the server process', () => {
  let built: string;

  /** The launcher as its own program: the folder of the project's packages is all that it needs beside itself. */
  beforeAll(async () => {
    built = await mkdtemp(join(tmpdir(), 'sppp-launcher-'));
    await symlink(join(root, 'node_modules'), join(built, 'node_modules'));
    await writeFile(join(built, 'package.json'), '{"type":"module"}');
    const options = [
      '--ignoreConfig',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--types',
      'node',
      '--skipLibCheck',
    ];
    const source = join(root, 'src', 'registry', 'embedded', 'embedded-postgres.ts');
    const tsc = join(root, 'node_modules', '.bin', 'tsc');
    await promisify(execFile)(tsc, [...options, '--outDir', built, source]);
    await writeFile(
      join(built, 'start.js'),
      `import { startEmbeddedPostgres } from './embedded-postgres.js';
       const server = await startEmbeddedPostgres({ dataDir: process.argv[2] });
       process.stdout.write(server.url);`,
    );
  });
  afterAll(() => rm(built, { recursive: true }));

  async function startElsewhere(): Promise<{ child: ChildProcess; url: string }> {
    const child = spawn(process.execPath, [join(built, 'start.js'), dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
    processes.push(child);
    const [url] = child.stdout ? await once(child.stdout, 'data') : [];
    return { child, url: String(url) };
  }

  it('PostgreSQL continues, is adopted by the next start, and stops with it', async () => {
    const { child, url } = await startElsewhere();
    await ask(url, 'CREATE TABLE kept AS SELECT 7 AS value');
    const pid = await postmaster();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const next = await start();
    expect(next.adopted).toBe(true);
    expect(next.url).toBe(url);
    expect(await postmaster()).toBe(pid);
    expect(await ask(next.url, 'SELECT value FROM kept')).toBe(7);
    await next.stop();
    await expect(ask(url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  });

  it('and of PostgreSQL, the next start recovers the committed data', async () => {
    const { child, url } = await startElsewhere();
    await ask(url, 'CREATE TABLE kept AS SELECT 7 AS value');
    child.kill('SIGKILL');
    await once(child, 'exit');
    process.kill(await postmaster(), 'SIGKILL');
    const next = await start();
    expect(next.adopted).toBe(false);
    expect(await ask(next.url, 'SELECT value FROM kept')).toBe(7);
  });

  it('another running server keeps PostgreSQL when a command beside it ends', async () => {
    const { child, url } = await startElsewhere();
    const beside = await start();
    expect(beside.adopted).toBe(true);
    await beside.stop();
    expect(await ask(url, 'SELECT 1')).toBe(1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await start(); // so that it is stopped
  });
});
