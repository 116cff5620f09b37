import { execFile } from 'node:child_process';
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../support/free-port.js';
import { postgresPrograms } from './needs.js';
import { postgresAccount, type Running, type Stage } from './stage.js';

/** A PostgreSQL with the Patroni that runs it. */
export interface Member {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** Where Patroni answers. */
  readonly api: string;
  readonly data: string;
  readonly patroni: Running;
  /** kill -9 of PostgreSQL; Patroni stays. */
  killPostgres(): Promise<void>;
  /** kill -9 of both, as if the machine were gone. */
  killMachine(): Promise<void>;
  /** Stops or continues PostgreSQL with all its processes. */
  signalPostgres(signal: 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** Starts Patroni after `killMachine`. */
  restart(): Promise<void>;
  /** Whether it has a disk of its own, which can be filled. */
  readonly hasOwnDisk: boolean;
  fillDisk(): Promise<void>;
  freeDisk(): Promise<void>;
}

export interface MemberOptions {
  readonly stage: Stage;
  readonly name: string;
  readonly etcd: string;
  /** Settings of PostgreSQL besides those of the tests. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Starts a member. The first one makes the cluster, the others copy it. */
export async function startMember({ stage, name, etcd, parameters }: MemberOptions): Promise<Member> {
  const address = stage.address();
  const port = await freePort(address);
  const api = `${address}:${await freePort(address)}`;
  const folder = join(stage.folder, name);
  const data = join(folder, 'data');
  await mkdir(folder, { mode: 0o700 });
  const hasOwnDisk = await mountDisk(folder);
  const { uid, gid } = postgresAccount();
  if (uid !== undefined && gid !== undefined) await chown(folder, uid, gid);
  const file = join(stage.folder, `${name}.yml`);
  const settings = settingsOf({ name, etcd, api, address, port, folder, data, parameters });
  // JSON is YAML.
  await writeFile(file, JSON.stringify(settings, undefined, 1));
  const start = () => stage.start({ name: `patroni-${name}`, command: 'patroni', args: [file], asPostgres: true });
  const filler = join(folder, 'filler');
  let patroni = await start();
  const postmaster = async () => Number((await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')[0]);
  const killPostgres = async () => kill(await withChildren(await postmaster()), 'SIGKILL');
  return {
    ...{ name, address, port, api, data, hasOwnDisk },
    get patroni() {
      return patroni;
    },
    killPostgres,
    killMachine: async () => {
      await patroni.signal('SIGKILL');
      await killPostgres();
    },
    signalPostgres: async (signal) => kill(await withChildren(await postmaster()), signal),
    restart: async () => {
      patroni = await start();
    },
    // It ends when there is no space left, which is what it is for.
    fillDisk: () => run('dd', ['if=/dev/zero', `of=${filler}`, 'bs=1M']).catch(() => undefined),
    freeDisk: () => rm(filler),
  };
}

/** Megabytes of a member's disk. */
const DISK = 700;

/** Gives a member a disk in memory; whether that may be done here. */
async function mountDisk(folder: string): Promise<boolean> {
  const size = `size=${DISK}m,mode=0700`;
  return run('mount', ['-t', 'tmpfs', '-o', size, 'none', folder]).then(
    () => true,
    () => false,
  );
}

async function run(command: string, args: readonly string[], cwd?: string): Promise<void> {
  await promisify(execFile)(command, args, cwd === undefined ? {} : { cwd });
}

interface Place {
  readonly name: string;
  readonly etcd: string;
  readonly api: string;
  readonly address: string;
  readonly port: number;
  readonly folder: string;
  readonly data: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Patroni fails over as soon as PostgreSQL is gone (primary_start_timeout 0), and after the least ttl if it is gone itself. */
function settingsOf({ name, etcd, api, address, port, folder, data, parameters }: Place): unknown {
  return {
    scope: SCOPE,
    name,
    restapi: { listen: api, connect_address: api },
    etcd3: { host: etcd },
    bootstrap: {
      dcs: {
        ...{ ttl: 20, loop_wait: 1, retry_timeout: 3, master_start_timeout: 0, synchronous_mode: true },
        postgresql: {
          use_pg_rewind: true,
          use_slots: true,
          parameters: {
            ...{ wal_level: 'replica', hot_standby: 'on', wal_log_hints: 'on', max_connections: 100 },
            ...{
              max_wal_senders: 10,
              max_replication_slots: 10,
              wal_keep_size: '64MB',
              max_wal_size: '128MB',
              shared_buffers: '64MB',
            },
            ...parameters,
          },
        },
      },
      initdb: [{ encoding: 'UTF8' }, { locale: 'C.UTF-8' }, 'data-checksums'],
    },
    postgresql: {
      listen: `${address}:${port}`,
      connect_address: `${address}:${port}`,
      data_dir: data,
      bin_dir: postgresPrograms(),
      pgpass: join(folder, 'pgpass'),
      authentication: {
        superuser: { username: 'postgres', password: 'postgres' },
        replication: { username: 'replicator', password: 'replicator' },
      },
      parameters: { unix_socket_directories: folder },
      pg_hba: ['local all all trust', 'host all all 127.0.0.0/8 trust', 'host replication all 127.0.0.0/8 trust'],
      remove_data_directory_on_rewind_failure: true,
      remove_data_directory_on_diverged_timelines: true,
      basebackup: { checkpoint: 'fast' },
    },
  };
}

const SCOPE = 'sppp';

/** A member as Patroni describes it. */
export interface Described {
  readonly name: string;
  readonly role: string;
  readonly state: string;
  readonly timeline?: number;
}

/** The members by Patroni, asked at any of them; none if nobody answers. */
export async function describeMembers(members: readonly Member[]): Promise<readonly Described[]> {
  for (const { api } of members) {
    try {
      const answer = await fetch(`http://${api}/cluster`, { signal: AbortSignal.timeout(2000) });
      return ((await answer.json()) as { members: Described[] }).members;
    } catch {
      // The next one.
    }
  }
  return [];
}

/** A planned change of the primary, as `patronictl` does it. */
export async function switchOver(stage: Stage, from: string, to: string): Promise<void> {
  const file = join(stage.folder, `${to}.yml`);
  const args = ['-c', file, 'switchover', SCOPE, '--leader', from, '--candidate', to, '--force'];
  await run('patronictl', args, stage.folder);
}

/** A process and its children: PostgreSQL's are all of its first generation. */
async function withChildren(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return [pid, ...children.split(' ').filter(Boolean).map(Number)];
}

function kill(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended by itself.
    }
  }
}
