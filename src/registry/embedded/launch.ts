import { spawn } from 'node:child_process';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from './cluster.js';
import { cannotRun, spawnOptions } from './run.js';

/** A postmaster that we started; it may have ended since. */
export interface Launch {
  readonly pid: number | undefined;
  readonly hasEnded: () => boolean;
  /** The text that PostgreSQL has logged since the launch. */
  readonly logText: () => Promise<string>;
}

const LOG_FILE = 'postgres.log';
const MAX_LOG_BYTES = 16 * 1024 * 1024;

const ON_LOOPBACK_ONLY = { listen_addresses: '127.0.0.1', unix_socket_directories: '' };
const DURABLE = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' };
const NOT_DURABLE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * Starts a postmaster on the cluster, in a session of its own: a Ctrl-C in the terminal is for the server, which then
 * stops PostgreSQL when it has drained. The promises about durability are given on the command line, where no
 * configuration file overrules them.
 *
 * @throws EmbeddedPostgresError if the program cannot be run at all
 */
export async function launch(cluster: Cluster, port: number, isDurable: boolean): Promise<Launch> {
  const logFile = join(cluster.dataDir, LOG_FILE);
  const size = (await stat(logFile).catch(() => undefined))?.size ?? 0;
  if (size > MAX_LOG_BYTES) await rename(logFile, `${logFile}.1`);
  const offset = size > MAX_LOG_BYTES ? 0 : size;

  const settings = { ...ON_LOOPBACK_ONLY, ...(isDurable ? DURABLE : NOT_DURABLE) };
  const args = ['-D', cluster.folder, '-p', String(port)];
  for (const [name, value] of Object.entries(settings)) args.push('-c', `${name}=${value}`);

  const log = await open(logFile, 'a', 0o600);
  try {
    const child = spawn(cluster.binaries.postgres, args, {
      ...spawnOptions(cluster.account, cluster.dataDir),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => reject(cannotRun(cluster.binaries.postgres, error)));
    });
    child.unref();
    return {
      pid: child.pid,
      hasEnded: () => child.exitCode !== null || child.signalCode !== null,
      logText: async () => (await readFile(logFile)).subarray(offset).toString().trim(),
    };
  } finally {
    await log.close();
  }
}
