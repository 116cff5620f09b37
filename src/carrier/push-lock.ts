import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdir, readFile, readlink, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { OperatorError } from '../operator-error.js';

/** Who pushes a file. A number of a process is used again, but not with the same start. */
interface Owner {
  readonly pid: number;
  /** When the process began, as the system tells it; empty if it does not. */
  readonly start: string;
  /** The system in which the number means this process. */
  readonly system: string;
}

/** Attempts, if two processes announce themselves at the same moment and both stand back. */
const ATTEMPTS = 5;

/**
 * Makes this process the only one that pushes a file, until it ends or `release` is called.
 *
 * Each process announces itself with a file of its own and looks for others afterwards. So of two processes at least one sees
 * the other, and a file of a process that is dead can be removed by anybody: no other process will have its name.
 *
 * @throws OperatorError if another process pushes the file
 */
export async function lockPush(file: string): Promise<{ release(): Promise<void> }> {
  const path = await realpath(file);
  const prefix = `${basename(path)}.push-lock-`;
  const own = join(dirname(path), `${prefix}${randomUUID()}`);
  const owner: Owner = { pid: process.pid, start: (await startOf(process.pid)) ?? '', system: await systemId() };
  for (let attempt = 1; ; attempt++) {
    await writeFile(`${own}.new`, JSON.stringify(owner), { flag: 'wx' });
    await rename(`${own}.new`, own);
    const other = await livingOwner(dirname(path), prefix, own, owner.system);
    if (other === undefined) return { release: () => rm(own, { force: true }) };
    await rm(own, { force: true });
    if (attempt === ATTEMPTS) throw new OperatorError(refusal(file, other, owner.system));
    await delay(20 + Math.random() * 100 * attempt);
  }
}

interface Held {
  readonly path: string;
  readonly owner: Owner;
}

/** Another process that has announced itself and lives. Announcements of dead ones are removed. */
async function livingOwner(folder: string, prefix: string, own: string, system: string): Promise<Held | undefined> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (!name.startsWith(prefix) || name.endsWith('.new') || path === own) continue;
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text === undefined) continue; // released meanwhile
    const owner = JSON.parse(text) as Owner;
    // Whether a process of another system lives cannot be seen from here.
    if (owner.system !== system || (await isAlive(owner))) return { path, owner };
    await rm(path, { force: true });
  }
  return undefined;
}

async function isAlive({ pid, start }: Owner): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const found = await startOf(pid);
  return found !== undefined && (start === '' || found === start);
}

/** When a process began; undefined if there is none, or only one that has ended and that nobody waited for. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  if (stat !== undefined) {
    // The name of the program, in parentheses, may have blanks.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  }
  if (process.platform === 'linux') return undefined;
  const told = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => undefined);
  return told?.stdout.trim() || undefined;
}

/** The boot of this machine and the container: numbers of processes have a meaning within them only. */
async function systemId(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => hostname());
  const container = await readlink('/proc/self/ns/pid').catch(() => '');
  return `${boot.trim()} ${container}`.trim();
}

function refusal(file: string, { path, owner }: Held, system: string): string {
  const who = `${file} is pushed by process ${owner.pid} already`;
  return owner.system === system
    ? who
    : `${who}, of another machine or container; if that has ended, remove ${path} and try again`;
}
