import { execFile } from 'node:child_process';
import { readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { isErrno } from './binaries.js';

/** The content of postmaster.pid in a cluster's folder, which the running server wrote. */
export interface LockFile {
  readonly pid: number;
  readonly port: number;
  /** The server accepts connections, or will do so within an instant. */
  readonly isReady: boolean;
  readonly text: string;
}

/** The lock file of the cluster; undefined if it does not exist or is only half written. */
export async function readLockFile(clusterFolder: string): Promise<LockFile | undefined> {
  const text = await readFile(join(clusterFolder, 'postmaster.pid'), 'utf8').catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return '';
    throw error;
  });
  const [pid, , , port, , , , status] = text.split('\n');
  if (!Number(pid)) return undefined;
  return { pid: Number(pid), port: Number(port), isReady: status?.trim() === 'ready', text };
}

/**
 * Whether the process is a live postmaster of this cluster: not if it has ended, if it is a zombie, or if its id now belongs
 * to an unrelated process.
 */
export async function isPostmaster(pid: number, clusterFolder: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform === 'win32') return true;
  const command = await (process.platform === 'linux' ? linuxCommand(pid) : psCommand(pid));
  const [program, ...args] = command;
  if (program === undefined || basename(program) !== 'postgres') return false;
  const folder = args[args.indexOf('-D') + 1];
  // Started by hand, by PGDATA or a relative path: no way to tell whose it is, so it counts as ours and is not touched.
  if (!args.includes('-D') || folder === undefined || !isAbsolute(folder)) return true;
  return (await samePlace(folder)) === (await samePlace(clusterFolder));
}

/** The id is in use, if only by a zombie or by somebody else's process. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return isErrno(error, 'EPERM');
  }
}

/** The program and arguments of a process; empty for a zombie and for a process that has ended. */
async function linuxCommand(pid: number): Promise<string[]> {
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return line.split('\0').filter((word) => word !== '');
}

async function psCommand(pid: number): Promise<string[]> {
  const ps = promisify(execFile)('ps', ['-o', 'stat=', '-o', 'command=', '-p', String(pid)]);
  const { stdout } = await ps.catch(() => ({ stdout: '' }));
  const [status = '', ...words] = stdout.trim().split(' ');
  const [started = ''] = words.join(' ').trim().split(' -p ', 1);
  const [program = '', folder] = started.split(' -D ', 2);
  if (status.startsWith('Z') || !program.endsWith('postgres')) return [];
  return folder === undefined ? [program] : [program, '-D', folder];
}

async function samePlace(folder: string): Promise<string> {
  return realpath(folder).catch(() => folder);
}

/**
 * Removes the lock file of a postmaster that has ended although its process id is in use: PostgreSQL would take that
 * process for the postmaster. (PostgreSQL itself removes the lock file of an id that is not in use.) If a new server
 * has replaced the lock file meanwhile, it is put back. Backends that outlived their postmaster still hold its shared
 * memory. The next postmaster finds that memory by the cluster's folder, and does not start beside them.
 */
export async function removeStaleLockFile(clusterFolder: string, judged: LockFile): Promise<void> {
  if (!isAlive(judged.pid)) return;
  const lockFile = join(clusterFolder, 'postmaster.pid');
  const aside = `${lockFile}.stale-${process.pid}`;
  await rename(lockFile, aside).catch(ignoreMissing);
  const taken = await readFile(aside, 'utf8').catch(ignoreMissing);
  if (taken === undefined) return;
  if (taken === judged.text) await rm(aside, { force: true });
  else if (!(await stat(lockFile).catch(ignoreMissing))) await rename(aside, lockFile);
}

function ignoreMissing(error: unknown): undefined {
  if (!isErrno(error, 'ENOENT')) throw error;
  return undefined;
}
