import { execFile } from 'node:child_process';
import { appendFile, chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/registry/embedded/embedded-postgres.js';
import { migrate } from '../../src/registry/schema/migrate.js';

/** A primary with an empty registry, and a standby that follows it by streaming. Both are the embedded PostgreSQL. */
export interface Replication {
  readonly primary: EmbeddedPostgres;
  readonly standby: EmbeddedPostgres;
  /** The URL of the registry with both hosts, in the order in which they are named. */
  url(first: EmbeddedPostgres, second: EmbeddedPostgres, parameters?: Readonly<Record<string, string>>): string;
  /** Asks the primary, or the standby. */
  onPrimary<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  onStandby<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Makes commits of new sessions wait for the disk and the synchronous standbys. */
  commitDurably(): Promise<void>;
  /** Waits until all that the primary has committed by now is on the standby. */
  catchUp(): Promise<void>;
  /** Has the standby replay nothing more, from when it has ended; and go on. */
  pauseReplay(): Promise<void>;
  resumeReplay(): Promise<void>;
  /** Cuts the standby off from its primary, or connects it again. */
  disconnect(): Promise<void>;
  reconnect(): Promise<void>;
  /** Stops the primary, and makes the standby one. What the standby has not received is lost. */
  failOver(): Promise<void>;
  /** Stops the standby and starts it again, at the same URL. */
  restartStandby(): Promise<void>;
  close(): Promise<void>;
}

/** How long the standby may take for a step, on a busy machine. */
const PATIENCE_MS = 60_000;

/** A cold copy of the primary's data folder becomes the standby: the embedded PostgreSQL has no pg_basebackup. */
export async function startReplication(): Promise<Replication> {
  const [primaryDir, standbyDir] = [await dataFolder('primary'), await dataFolder('standby')];
  const first = await startEmbeddedPostgres({ dataDir: primaryDir, fsync: false });
  await migrate(first.url);
  await first.stop();
  await promisify(execFile)('cp', ['-a', join(primaryDir, 'cluster'), standbyDir]);
  await chmod(standbyDir, 0o755);
  const primary = await startEmbeddedPostgres({ dataDir: primaryDir, fsync: false });
  const { hostname, port, username, password } = new URL(primary.url);
  const conninfo = `host=${hostname} port=${port} user=${username} password=${password}`;
  await writeFile(join(standbyDir, 'cluster', 'standby.signal'), '');
  await appendFile(
    join(standbyDir, 'cluster', 'postgresql.auto.conf'),
    `primary_conninfo = '${conninfo}'\nwal_retrieve_retry_interval = '100ms'\nwal_receiver_status_interval = '1s'\n`,
  );
  let standby = await startEmbeddedPostgres({ dataDir: standbyDir, fsync: false });
  const onPrimary = <Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]) =>
    ask<Row>(primary.url, sql, values);
  const onStandby = <Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]) =>
    ask<Row>(standby.url, sql, values);
  const follow = async (from: string) => {
    await onStandby(`ALTER SYSTEM SET primary_conninfo = '${from}'`);
    await onStandby('SELECT pg_reload_conf()');
  };
  const replication: Replication = {
    primary,
    get standby() {
      return standby;
    },
    url: (one, other, parameters = {}) => {
      const [a, b] = [new URL(one.url), new URL(other.url)];
      const query = new URLSearchParams({ sslmode: 'disable', ...parameters });
      return `postgresql://${a.username}:${a.password}@${a.host},${b.host}${a.pathname}?${query}`;
    },
    onPrimary,
    onStandby,
    commitDurably: async () => {
      await onPrimary(
        `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = on', current_database()); END $$`,
      );
    },
    pauseReplay: async () => {
      await onStandby('SELECT pg_wal_replay_pause()');
      const isPaused = async () => {
        const [row] = await onStandby<{ state: string }>('SELECT pg_get_wal_replay_pause_state() AS state');
        return row?.state === 'paused';
      };
      while (!(await isPaused())) await delay(20);
    },
    resumeReplay: async () => {
      await onStandby('SELECT pg_wal_replay_resume()');
    },
    catchUp: async () => {
      // A commit that is flushed takes all earlier ones with it.
      const [end] = await onPrimary<{ lsn: string }>(
        `SET synchronous_commit = local; SELECT pg_logical_emit_message(true, 'test', '');
         SELECT pg_current_wal_insert_lsn()::text AS lsn`,
      );
      await eventually(async () => {
        const [row] = await onStandby<{ isThere: boolean }>(
          'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS "isThere"',
          [end?.lsn],
        );
        return row?.isThere === true;
      });
    },
    disconnect: async () => {
      await follow('');
      await eventually(async () => (await onStandby('SELECT FROM pg_stat_wal_receiver')).length === 0);
    },
    reconnect: () => follow(conninfo),
    failOver: async () => {
      await primary.stop();
      await onStandby('SELECT pg_promote()');
    },
    restartStandby: async () => {
      await standby.stop();
      standby = await startEmbeddedPostgres({ dataDir: standbyDir, fsync: false });
    },
    close: async () => {
      await standby.stop();
      await primary.stop();
      for (const folder of [primaryDir, standbyDir]) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  await replication.catchUp();
  return replication;
}

/** Waits until something is so. Rejects if that takes too long. */
export async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  const since = performance.now();
  while (!(await isSo())) {
    if (performance.now() - since > PATIENCE_MS) throw new Error(`still not so after ${PATIENCE_MS} ms: ${isSo}`);
    await delay(20);
  }
}

function dataFolder(name: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `sppp-${name}-`));
}

/** The rows of the last statement. */
async function ask<Row extends pg.QueryResultRow>(
  url: string,
  sql: string,
  values?: readonly unknown[],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const results = [await client.query<Row>(sql, values && [...values])].flat();
    return results.at(-1)?.rows ?? [];
  } finally {
    await client.end();
  }
}
