/**
 * The image: its Dockerfile is carried out step by step, and the result serves as another user than root on a file system that
 * cannot be written. Where an engine of containers answers, that builds it as well.
 */

import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pathOf, textOf } from './support/deployed.js';
import { type BuildStage, build, megabytesOf } from './support/dockerfile.js';
import { type DurableDatabase, startDurable } from './support/durable.js';

const TIMEOUT_MS = 600_000;
/** Megabytes of the files that the image adds to its base. */
const MAX_MEGABYTES = 75;

/** Runs a command as the account of the image. $1 is its root folder; neither that nor the root of the machine can be written. */
const ENTER = `
mount -o remount,bind,ro /
at=$(stat -c %m "$1")
[ "$at" = / ] || mount -o remount,bind,ro "$at"
shift
exec setpriv --reuid "$1" --regid "$1" --clear-groups "\${@:2}"
`;

/** Why the file system cannot be made read-only here; undefined if it can. */
function obstacle(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'that needs root on Linux';
  const made = spawnSync('unshare', ['--mount', 'bash', '-ec', ENTER, 'bash', tmpdir(), '1000', 'true']);
  return made.status === 0 ? undefined : 'no mount namespace can be made here';
}

const reason = obstacle();
if (reason !== undefined)
  process.stderr.write(`test/deploy/image.test.ts: the image runs writable, as root: ${reason}\n`);
const engine = spawnSync('docker', ['info'], { encoding: 'utf8' });
const engineFault = engine.error?.message ?? engine.stderr.trim().split('\n').at(-1);
if (engine.status !== 0) process.stderr.write(`test/deploy/image.test.ts: docker build is skipped: ${engineFault}\n`);

let folder: string;
let image: BuildStage;
let database: DurableDatabase;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sppp-image-'));
  await chmod(folder, 0o755);
  const ignored = (await textOf('.dockerignore')).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const dockerfile = await textOf('Dockerfile');
  [database] = await Promise.all([
    startDurable('empty'),
    build(pathOf('.'), dockerfile, ignored, folder).then((stages) => {
      image = stages.at(-1) as BuildStage;
    }),
  ]);
}, TIMEOUT_MS);

afterAll(async () => {
  await database?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true, maxRetries: 20 });
}, TIMEOUT_MS);

/** Starts a command in the image, with the environment of the image and more. */
function start(command: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const user = image.user?.split(':')[0] ?? '0';
  const inside = reason === undefined ? ['unshare', '--mount', 'bash', '-ec', ENTER, 'bash', image.root, user] : [];
  const [program = '', ...args] = [...inside, ...command];
  return spawn(program, args, {
    cwd: join(image.root, image.folder),
    env: { PATH: process.env.PATH, ...image.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function codeOf(child: ChildProcess): Promise<number | string | null> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return code ?? signal;
}

it(`adds at most ${MAX_MEGABYTES} MB to its base`, async () => {
  const megabytes = await megabytesOf(image.root);
  process.stdout.write(`image: ${Math.ceil(megabytes)} MB beside the base\n`);
  expect(megabytes).toBeLessThanOrEqual(MAX_MEGABYTES);
});

it('runs as a user with a number that is not root', () => {
  expect(image.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
});

it('refuses to serve without TLS on all addresses unless it is told to', { timeout: TIMEOUT_MS }, async () => {
  const child = start([...image.entrypoint, ...image.command], { DATABASE_URL: database.url });
  let err = '';
  child.stderr?.on('data', (bytes) => {
    err += bytes;
  });
  expect([await codeOf(child), err]).toEqual([1, expect.stringContaining('SPPP_CLEARTEXT')]);
});

it('serves, is healthy, and ends at SIGTERM', { timeout: TIMEOUT_MS }, async () => {
  const file = join(folder, 'database-url');
  await writeFile(file, database.url, { mode: 0o644 });
  const env = { DATABASE_URL_FILE: file, SPPP_HOST: '127.0.0.1', SPPP_PORT: '0', SPPP_LOG_LEVEL: 'warn' };
  expect(await codeOf(start([...image.entrypoint, 'migrate'], env))).toBe(0);
  const child = start([...image.entrypoint, ...image.command], env);
  child.stderr?.pipe(process.stderr);
  const port = await portOf(child);
  expect(await codeOf(start(image.healthcheck, { SPPP_PORT: port }))).toBe(0);
  const ended = codeOf(child);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(await codeOf(start(image.healthcheck, { SPPP_PORT: port }))).toBe(1);
});

async function portOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no output');
  for await (const line of createInterface(child.stdout)) {
    const [, url] = /^ready (\S+)$/.exec(line) ?? [];
    if (url !== undefined) return new URL(url).port;
  }
  throw new Error('it ended before it was ready');
}

it.skipIf(engine.status !== 0)('is built by docker', { timeout: TIMEOUT_MS }, async () => {
  const tag = 'sppp-server-test';
  const docker = (...args: string[]) => promisify(execFile)('docker', args, { cwd: pathOf('.'), maxBuffer: 2 ** 26 });
  await docker('build', '--tag', tag, '.');
  try {
    expect((await docker('run', '--rm', '--read-only', tag, '--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  } finally {
    await docker('image', 'rm', tag);
  }
});
