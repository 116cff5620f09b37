import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive, isPostmaster, readLockFile, removeStaleLockFile } from './postmaster.js';

let folder: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sppp-lock-'));
});
afterEach(async () => {
  child?.kill('SIGKILL');
  child = undefined;
  await rm(folder, { recursive: true });
});

/** A process that goes by this name and arguments, whatever it does. */
async function processCalled(name: string, ...args: string[]): Promise<number> {
  child = spawn(process.execPath, ['-e', 'console.log(); setInterval(() => {}, 1000)', '--', ...args], { argv0: name });
  if (child.stdout) await once(child.stdout, 'data');
  return child.pid ?? 0;
}

const lockFile = (pid: number, status = 'ready   ') =>
  `${pid}\n/data\n1700000000\n41234\n\n127.0.0.1\n  1234 5\n${status}\n`;

describe('reading a lock file', () => {
  it('gives process, port and readiness', async () => {
    await writeFile(join(folder, 'postmaster.pid'), lockFile(4711));
    expect(await readLockFile(folder)).toMatchObject({ pid: 4711, port: 41234, isReady: true });
    await writeFile(join(folder, 'postmaster.pid'), lockFile(4711, 'starting'));
    expect(await readLockFile(folder)).toMatchObject({ isReady: false });
  });

  it('finds none in an empty or missing file', async () => {
    expect(await readLockFile(folder)).toBeUndefined();
    await writeFile(join(folder, 'postmaster.pid'), '');
    expect(await readLockFile(folder)).toBeUndefined();
  });
});

describe('a process is a postmaster of the cluster', () => {
  it('if it is called postgres and was given the folder', async () => {
    expect(await isPostmaster(await processCalled('/any/bin/postgres', '-D', folder), folder)).toBe(true);
  });

  it('or if its folder cannot be read', async () => {
    expect(await isPostmaster(await processCalled('postgres', '-D', 'data'), folder)).toBe(true);
  });

  it('but not if it serves another folder', async () => {
    expect(await isPostmaster(await processCalled('/any/bin/postgres', '-D', tmpdir()), folder)).toBe(false);
  });

  it('nor if it is another program, or a backend', async () => {
    expect(await isPostmaster(process.pid, folder)).toBe(false);
    expect(await isPostmaster(await processCalled('postgres: sppp sppp 127.0.0.1(4711) idle'), folder)).toBe(false);
  });

  it('nor if it has ended', async () => {
    const pid = await processCalled('postgres', '-D', folder);
    child?.kill('SIGKILL');
    if (child) await once(child, 'exit');
    expect(isAlive(pid)).toBe(false);
    expect(await isPostmaster(pid, folder)).toBe(false);
  });
});

describe('removing a stale lock file', () => {
  const judged = { pid: process.pid, port: 41234, isReady: true, text: lockFile(process.pid) };

  it('leaves nothing', async () => {
    await writeFile(join(folder, 'postmaster.pid'), judged.text);
    await removeStaleLockFile(folder, judged);
    await removeStaleLockFile(folder, judged);
    expect(await readdir(folder)).toEqual([]);
  });

  it('puts the lock file of a newer server back', async () => {
    await writeFile(join(folder, 'postmaster.pid'), lockFile(4711));
    await removeStaleLockFile(folder, judged);
    expect(await readdir(folder)).toEqual(['postmaster.pid']);
    expect(await readFile(join(folder, 'postmaster.pid'), 'utf8')).toBe(lockFile(4711));
  });
});
