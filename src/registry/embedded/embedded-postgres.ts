import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { type Cluster, openCluster } from './cluster.js';
import { EmbeddedPostgresError } from './embedded-error.js';
import { type Launch, launch } from './launch.js';
import { databaseUrl, giveBack, takeLease } from './lease.js';
import { choosePort, rememberPort } from './port.js';
import { isPostmaster, readLockFile, removeStaleLockFile } from './postmaster.js';
import { run, spawnOptions } from './run.js';

export interface EmbeddedPostgres {
  /** Of the registry's database, with the password. */
  readonly url: string;
  readonly dataDir: string;
  /** The server was running already, started by another process or left behind by one that was killed. */
  readonly adopted: boolean;
  /** Shuts PostgreSQL down and waits for its end, unless another process uses it too. May be called again. */
  stop(): Promise<void>;
}

/** Recovery after a crash replays what the last checkpoint left: minutes on a slow disk. */
const READY_WITHIN_MS = 600_000;
/** How long backends that outlived their postmaster, or another start, may stand in the way. */
const GIVE_WAY_MS = 60_000;

/**
 * Starts the PostgreSQL of the installation on a data folder, or adopts the one that already runs there, and keeps it
 * running: if the postmaster dies, it is started again on the same port.
 *
 * @param options.fsync false gives up durability for speed: for tests only
 * @throws EmbeddedPostgresError with the reason, if it cannot be started
 */
export async function startEmbeddedPostgres(options: { dataDir: string; fsync?: boolean }): Promise<EmbeddedPostgres> {
  const isDurable = options.fsync ?? true;
  const cluster = await openCluster(options.dataDir, isDurable);
  const { port, adopted, lease: firstLease } = await enter(cluster, isDurable);

  let lease = firstLease;
  let isStopping = false;
  let renewal = Promise.resolve();
  const renewWhenLost = () => {
    lease.once('end', () => {
      if (!isStopping) renewal = renew();
    });
  };
  const renew = async () => {
    while (!isStopping) {
      try {
        ({ lease } = await enter(cluster, isDurable, port));
        return renewWhenLost();
      } catch {
        await delay(1000); // PostgreSQL's log has the reason, and the server's health shows that the database is away
      }
    }
  };
  renewWhenLost();

  let stopped: Promise<void> | undefined;
  const stop = async () => {
    isStopping = true;
    await renewal;
    await leave(cluster, lease);
  };
  return {
    url: databaseUrl(cluster, port),
    dataDir: cluster.dataDir,
    adopted,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

interface Entry {
  readonly lease: pg.Client;
  readonly port: number;
  readonly adopted: boolean;
}

/** Starts a postmaster unless one runs, and waits until it lets us in; on the given port, else on any. */
async function enter(cluster: Cluster, isDurable: boolean, onlyPort?: number): Promise<Entry> {
  const since = Date.now();
  let launched: Launch | undefined;
  while (Date.now() - since < READY_WITHIN_MS) {
    const lock = await readLockFile(cluster.folder);
    if (lock !== undefined && (await isPostmaster(lock.pid, cluster.folder))) {
      const mayEnter = lock.isReady && (onlyPort === undefined || lock.port === onlyPort);
      const lease = mayEnter ? await takeLease(cluster, lock.port, isDurable) : undefined;
      if (lease !== undefined) {
        await rememberPort(cluster.dataDir, lock.port);
        return { lease, port: lock.port, adopted: lock.pid !== launched?.pid };
      }
    } else if (launched === undefined) {
      if (lock !== undefined) await removeStaleLockFile(cluster.folder, lock);
      launched = await launch(cluster, onlyPort ?? (await choosePort(cluster.dataDir)), isDurable);
    }
    if (launched?.hasEnded()) {
      await judgeEnd(launched, cluster, Date.now() - since < GIVE_WAY_MS);
      launched = undefined;
      await delay(200);
    }
    await delay(10);
  }
  throw new EmbeddedPostgresError(`PostgreSQL in ${cluster.dataDir} was not ready after ${READY_WITHIN_MS / 1000} s`);
}

/** A postmaster ends at once if another was faster, or took its port, or if orphaned backends are still at work. */
const PASSING = ['" already exists', 'could not bind', 'pre-existing shared memory block'];

async function judgeEnd(launched: Launch, cluster: Cluster, mayTryAgain: boolean): Promise<void> {
  const logText = await launched.logText();
  if (mayTryAgain && PASSING.some((words) => logText.includes(words))) return;
  throw new EmbeddedPostgresError(`PostgreSQL in ${cluster.dataDir} does not start:\n${logText.slice(-4000)}`);
}

/** Stops the server if we are the last. Newcomers wait for its end and then start another one: do not wait for that. */
async function leave(cluster: Cluster, lease: pg.Client): Promise<void> {
  try {
    if (!(await giveBack(lease))) return;
    const lock = await readLockFile(cluster.folder);
    if (lock === undefined) return;
    const stop = ['stop', '-D', cluster.folder, '-m', 'fast', '-W'];
    await run(cluster.binaries.pgCtl, stop, spawnOptions(cluster.account, cluster.dataDir));
    while (await isPostmaster(lock.pid, cluster.folder)) await delay(10);
  } finally {
    await lease.end().catch(() => undefined);
  }
}
