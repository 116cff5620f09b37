import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdir, readFile, readlink, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { OperatorError } from '../operator-error.js';
import { shellWord } from '../values/shell-word.js';
import { visible } from '../values/visible.js';
import { FileError, onFile } from './file-error.js';

/** Who pushes a file. A number of a process is used again, but not with the same start. */
interface Owner {
  readonly pid: number;
  /** When the process began, as the system tells it; empty if it does not. */
  readonly start: string;
  /** The system in which the number means this process. */
  readonly system: string;
}

/** Attempts, if two processes announce themselves at the same moment and both stand back. */
const MAX_ATTEMPTS = 5;

/**
 * Makes this process the only one that pushes a file, until it ends or `release` is called.
 *
 * Each process announces itself with a file of its own and looks for others afterwards. So of two processes at least one sees
 * the other, and a file of a process that is dead can be removed by anybody: no other process will have its name.
 *
 * @throws OperatorError if another process pushes the file, FileError if there can be no lock beside it
 */
export async function lockPush(file: string): Promise<{ release(): Promise<void> }> {
  const path = await onFile(file, 'read', () => realpath(file));
  const prefix = `${basename(path)}.push-lock-`;
  const own = join(dirname(path), `${prefix}${randomUUID()}`);
  const owner: Owner = { pid: process.pid, start: (await startOf(process.pid)) ?? '', system: await systemId() };
  for (let attempt = 1; ; attempt++) {
    await announce(own, owner);
    const other = await livingOwner(dirname(path), prefix, own, owner.system);
    if (other === undefined) return { release: () => rm(own, { force: true }) };
    await rm(own, { force: true });
    if (attempt === MAX_ATTEMPTS) throw new OperatorError(refusal(file, other, owner.system));
    await delay(20 + Math.random() * 100 * attempt);
  }
}

/** Puts the announcement in its place as a whole; leaves nothing behind where it cannot. */
async function announce(own: string, owner: Owner): Promise<void> {
  const draft = `${own}.new`;
  try {
    await onFile(own, 'written', async () => {
      await writeFile(draft, JSON.stringify(owner), { flag: 'wx' });
      await rename(draft, own);
    });
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    if (!(error instanceof FileError)) throw error;
    const rule =
      'a push writes its lock, its state and the verdicts beside the file; copy it to a folder with room for them';
    throw new FileError(`${error.message}; ${rule}`, error.code);
  }
}

interface Held {
  readonly path: string;
  readonly owner: Owner;
}

/** Another process that has announced itself and lives. Announcements of dead ones are removed. */
async function livingOwner(folder: string, prefix: string, own: string, system: string): Promise<Held | undefined> {
  for (const name of await onFile(folder, 'read', () => readdir(folder))) {
    const path = join(folder, name);
    const isDraft = name.endsWith('.new');
    if (!name.startsWith(prefix) || path === own) continue;
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text === undefined) continue; // released meanwhile
    const owner = ownerIn(text);
    if (owner === undefined && isDraft) continue; // it is just being written
    // Whether a process of another system lives cannot be seen from here.
    const mayLive = owner !== undefined && (owner.system !== system || (await isAlive(owner)));
    if (!mayLive) await rm(path, { force: true });
    else if (!isDraft) return { path, owner };
  }
  return undefined;
}

/** Who has announced itself; undefined for an announcement that a crash of the machine has cut: no process outlives that. */
function ownerIn(text: string): Owner | undefined {
  try {
    const { pid, start = '', system } = (JSON.parse(text) ?? {}) as Partial<Owner>;
    return pid === undefined || system === undefined ? undefined : { pid, start, system };
  } catch {
    return undefined;
  }
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
  const who = `${visible(file)} is pushed by process ${owner.pid} already`;
  return owner.system === system
    ? `${who}; wait until it has ended`
    : `${who}, of another machine or container; if that has ended, remove ${shellWord(path)} and try again`;
}
