import type { Pool } from 'pg';
import type { Config } from '../config.js';
import type { Lookups } from '../lookup/lookups.js';
import { ownPackage } from '../own-package.js';
import type { ConnectedNode } from '../registry/connection/connected-nodes.js';
import { type ProgramConnections, readDatabaseState, type TableSize } from '../registry/connection/database-state.js';
import type { SettingInForce } from '../settings/in-force.js';
import type { PrimaryLink } from '../workers/primary-link.js';
import { dataAgeNow } from './data-age-now.js';
import type { Tls } from './tls.js';

/** Where requests of this node run or wait. */
export interface Queues {
  readonly bulk: Queue;
  readonly bulkReads: Queue;
  readonly groupCommitWaiting: number;
  readonly databaseWaiting: number;
  readonly feeds: number;
  readonly unreadAnswerBytes: number;
}

interface Queue {
  readonly running: number;
  readonly waiting: number;
}

/** What a node is and does (docs/operations.md). */
export interface OperatorStatus {
  readonly system: string;
  readonly node: string | null;
  readonly startedAt: Date;
  readonly uptimeSeconds: number;
  readonly versions: {
    readonly server: string;
    readonly node: string;
    readonly postgresql: string;
    readonly migration: string;
  };
  readonly settings: readonly SettingInForce[];
  readonly sizes: { readonly databaseBytes: number; readonly tables: readonly TableSize[] };
  /** The nodes of the database that this one is connected to, itself too. */
  readonly nodes: readonly ConnectedNode[];
  readonly connections: readonly ProgramConnections[];
  /** The certificate that this node shows; null over HTTP. */
  readonly certificate: { readonly fingerprint: string; readonly notAfter: Date } | null;
  readonly queues: Queues;
  readonly workers: readonly WorkerStatus[];
  readonly lookups: { readonly dataAgeSeconds: number | null };
}

interface WorkerStatus {
  readonly number: number;
  readonly pid: number;
  readonly startedAt: Date;
  /** Null if it has not answered. */
  readonly queues: Queues | null;
}

export interface OperatorStatusParts {
  readonly config: Config;
  readonly pool: Pool;
  readonly queues: () => Queues;
  readonly lookups: Pick<Lookups, 'checkAge' | 'dataAge'>;
  readonly clock: () => Date;
  readonly tls: Pick<Tls, 'certificate'> | undefined;
  /** The primary of the node, if this process is one of its workers. */
  readonly worker: PrimaryLink | undefined;
}

/** How to read the status of this node. Workers answer each other for the whole node. */
export function operatorStatus(parts: OperatorStatusParts): () => Promise<OperatorStatus> {
  const { config, pool, queues, lookups, clock, tls, worker } = parts;
  const { version: server } = ownPackage();
  const { system, node = null } = config.identity;
  const { settings } = config;
  const startedAt = worker?.assignment.nodeStartedAt ?? clock();
  worker?.answer('queues', queues);
  return async () => {
    const { version: postgresql, migration, bytes, tables, nodes, connections } = await readDatabaseState(pool);
    const dataAge = (await dataAgeNow(lookups)) ?? null;
    const states = (await worker?.states()) ?? [];
    const workers = states.map(({ number, pid, startedAt, queues }) => ({
      ...{ number, pid, startedAt, queues: (queues as Queues | undefined) ?? null },
    }));
    return {
      ...{ system, node, startedAt },
      uptimeSeconds: Math.max(Math.floor((clock().getTime() - startedAt.getTime()) / 1000), 0),
      versions: { server, node: process.versions.node, postgresql, migration },
      settings,
      sizes: { databaseBytes: bytes, tables },
      ...{ nodes, connections },
      certificate: tls?.certificate ?? null,
      queues: worker === undefined ? queues() : sumOf(workers.flatMap((each) => each.queues ?? [])),
      workers,
      lookups: { dataAgeSeconds: dataAge },
    };
  };
}

/** The queues of all workers together. */
function sumOf(all: readonly Queues[]): Queues {
  const sum = (of: (queues: Queues) => number) => all.reduce((total, queues) => total + of(queues), 0);
  return {
    bulk: { running: sum(({ bulk }) => bulk.running), waiting: sum(({ bulk }) => bulk.waiting) },
    bulkReads: {
      running: sum(({ bulkReads }) => bulkReads.running),
      waiting: sum(({ bulkReads }) => bulkReads.waiting),
    },
    groupCommitWaiting: sum(({ groupCommitWaiting }) => groupCommitWaiting),
    databaseWaiting: sum(({ databaseWaiting }) => databaseWaiting),
    feeds: sum(({ feeds }) => feeds),
    unreadAnswerBytes: sum(({ unreadAnswerBytes }) => unreadAnswerBytes),
  };
}
