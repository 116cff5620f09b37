import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import type { Config } from '../config.js';
import type { Lookups } from '../lookup/lookups.js';
import { ownPackage } from '../own-package.js';
import { readDatabaseState } from '../registry/connection/database-state.js';
import type { PrimaryLink } from '../workers/primary-link.js';
import { dataAgeNow } from './data-age-now.js';
import type { AdmitOperator } from './operator-access.js';
import { operatorStatusSchema } from './operator-status-schema.js';

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

export interface OperatorStatusParts {
  readonly config: Config;
  readonly pool: Pool;
  readonly queues: () => Queues;
  readonly lookups: Pick<Lookups, 'checkAge' | 'dataAge'>;
  readonly clock: () => Date;
  /** The primary of the node, if this process is one of its workers. */
  readonly worker: PrimaryLink | undefined;
  readonly admit: AdmitOperator;
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

/** `GET /operator/status`: what this node is and does, for operators (docs/operations.md). */
export function addOperatorStatusRoute(app: FastifyInstance, parts: OperatorStatusParts): void {
  const { config, pool, queues, lookups, clock, worker, admit } = parts;
  const { version: server } = ownPackage();
  const { system, node = null } = config.identity;
  const { settings } = config;
  const startedAt = worker?.assignment.nodeStartedAt ?? clock();
  worker?.answer('queues', queues);
  app.get('/operator/status', { schema: { response: { 200: operatorStatusSchema } } }, async (request, reply) => {
    await admit(request, 'view', 'Status');
    const { version: postgresql, migration, bytes: databaseBytes, tables } = await readDatabaseState(pool);
    const dataAge = (await dataAgeNow(lookups)) ?? null;
    const workers = (await worker?.states()) ?? [];
    const uptimeSeconds = Math.max(Math.floor((clock().getTime() - startedAt.getTime()) / 1000), 0);
    return reply.header('cache-control', 'no-store').send({
      ...{ system, node, startedAt: startedAt.toISOString(), uptimeSeconds },
      versions: { server, node: process.versions.node, postgresql, migration },
      settings,
      sizes: { databaseBytes, tables },
      queues:
        worker === undefined ? queues() : sumOf(workers.flatMap(({ queues }) => (queues as Queues | undefined) ?? [])),
      workers: workers.map(({ number, pid, startedAt, queues = null }) => ({
        ...{ number, pid, startedAt: startedAt.toISOString(), queues },
      })),
      lookups: { dataAgeSeconds: dataAge },
    });
  });
}
