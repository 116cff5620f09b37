import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, open, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { type Account, accountFor, barrierTo } from './account.js';
import { type Binaries, isErrno, nativeFolder, prepareBinaries } from './binaries.js';
import { EmbeddedPostgresError } from './embedded-error.js';
import { isAlive } from './postmaster.js';
import { run, spawnOptions } from './run.js';

/** A database cluster that initdb made inside the data folder, and the facts that running it takes. */
export interface Cluster {
  readonly dataDir: string;
  readonly folder: string;
  readonly password: string;
  readonly account: Account | undefined;
  readonly binaries: Binaries;
}

export const SUPERUSER = 'sppp';

const MEGABYTE = 2 ** 20;

/**
 * Written to postgresql.conf once, for two cores; the operator may change them there. Errors of statements are the
 * server's business and go to its log, not to PostgreSQL's.
 */
const SETTINGS = {
  work_mem: '16MB',
  maintenance_work_mem: '128MB',
  max_wal_size: '2GB',
  min_wal_size: '256MB',
  random_page_cost: '1.1',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  log_min_messages: 'log',
  log_checkpoints: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/**
 * A quarter of the memory for pages, which is taken as they are read: what has to be fetched from the system for each
 * look-up in a large registry costs as much as the rest of it.
 */
function memorySettings(): Record<string, string> {
  const bytes = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  const quarter = Math.floor(bytes / 4 / MEGABYTE);
  return {
    shared_buffers: `${Math.min(Math.max(quarter, 128), 8192)}MB`,
    effective_cache_size: `${Math.max(3 * quarter, 384)}MB`,
  };
}

const PASSWORD_FILE = 'sppp-password';

/**
 * Opens the cluster in the data folder, making both if they are not there yet.
 *
 * @throws EmbeddedPostgresError if the account that is to run PostgreSQL cannot reach the folder, or initdb fails
 */
export async function openCluster(dataDir: string, isDurable: boolean): Promise<Cluster> {
  await makeDataFolder(dataDir);
  const home = await realpath(dataDir);
  const folder = join(home, 'cluster');
  const account = await accountFor(folder);
  const barrier = await barrierTo(home, account);
  if (barrier !== undefined) {
    throw new EmbeddedPostgresError(
      `PostgreSQL runs under user id ${account?.uid}, which cannot reach the data folder ${home}: ${barrier} is closed to it. Choose another data folder, open that one (chmod o+rx), start the server under another account, or set DATABASE_URL.`,
    );
  }
  const binaries = await prepareBinaries(nativeFolder(), home, account);
  await removeAbandonedDrafts(home);
  if (!(await exists(folder))) await initialise({ dataDir: home, folder, account, binaries }, isDurable);
  const password = await readFile(join(folder, PASSWORD_FILE), 'utf8').catch((error: unknown) => {
    throw new EmbeddedPostgresError(`${folder} is not a cluster that this server made, or not ours to read`, {
      cause: error,
    });
  });
  return { dataDir: home, folder, password, account, binaries };
}

/** A folder that is new or empty is opened for the account to pass, down from the first one that had to be made. */
async function makeDataFolder(dataDir: string): Promise<void> {
  const made = await mkdir(dataDir, { recursive: true });
  if (process.getuid?.() !== 0 || (await readdir(dataDir)).length > 0) return;
  const top = made === undefined ? dataDir : made;
  for (let folder = dataDir; folder.length >= top.length; folder = dirname(folder)) await chmod(folder, 0o755);
}

/**
 * Makes the cluster under another name and renames it, so that a cluster is whole whenever it is there, its password
 * beside it. Of two starts at once the first one wins.
 */
async function initialise({ dataDir, folder, account, binaries }: Omit<Cluster, 'password'>, isDurable: boolean) {
  const draft = `${folder}.new-${process.pid}-${randomBytes(4).toString('hex')}`;
  const passwordFile = `${draft}.password`;
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, randomBytes(24).toString('hex'), { mode: 0o600, flag: 'wx' });
  if (account !== undefined) {
    await chown(draft, account.uid, account.gid);
    await chown(passwordFile, account.uid, account.gid);
  }
  const args = [
    ...['--pgdata', draft, '--username', SUPERUSER, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
    ...['--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
    ...['--data-checksums', '--no-instructions', ...(isDurable ? [] : ['--no-sync'])],
    ...Object.entries({ ...SETTINGS, ...memorySettings() }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  try {
    await run(binaries.initdb, args, spawnOptions(account, dataDir));
    await rename(passwordFile, join(draft, PASSWORD_FILE));
    if (isDurable) await Promise.all([sync(join(draft, PASSWORD_FILE)), sync(draft)]);
    await rename(draft, folder);
    if (isDurable) await sync(dataDir);
  } catch (error) {
    await rm(passwordFile, { force: true });
    await rm(draft, { recursive: true, force: true });
    if (!isErrno(error, 'EEXIST', 'ENOTEMPTY', 'EPERM')) throw error;
  }
}

async function sync(path: string): Promise<void> {
  if (process.platform === 'win32') return; // folders cannot be opened there
  const file = await open(path);
  await file.sync().finally(() => file.close());
}

/** A start that was killed in the middle of initdb leaves its draft behind. */
async function removeAbandonedDrafts(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const [, pid] = /^cluster\.new-(\d+)/.exec(name) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(dataDir, name), { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
