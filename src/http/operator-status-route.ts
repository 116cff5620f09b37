import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import type { Config } from '../config.js';
import { isReady } from '../lookup/is-ready.js';
import type { Lookups } from '../lookup/lookups.js';
import { ownPackage } from '../own-package.js';
import { readDatabaseState } from '../registry/connection/database-state.js';
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
  readonly admit: AdmitOperator;
}

/** `GET /operator/status`: what this node is and does, for operators (docs/operations.md). */
export function addOperatorStatusRoute(app: FastifyInstance, parts: OperatorStatusParts): void {
  const { config, pool, queues, lookups, clock, admit } = parts;
  const { version: server } = ownPackage();
  const { system, node = null } = config.identity;
  const { settings } = config;
  const startedAt = clock();
  app.get('/operator/status', { schema: { response: { 200: operatorStatusSchema } } }, async (request, reply) => {
    await admit(request, 'view', 'Status');
    const { version: postgresql, migration, bytes: databaseBytes, tables } = await readDatabaseState(pool);
    await isReady(lookups); // asks for the age, as there may have been no look-up of late
    const { dataAge = null } = lookups;
    const uptimeSeconds = Math.max(Math.floor((clock().getTime() - startedAt.getTime()) / 1000), 0);
    return reply.header('cache-control', 'no-store').send({
      ...{ system, node, startedAt: startedAt.toISOString(), uptimeSeconds },
      versions: { server, node: process.versions.node, postgresql, migration },
      settings,
      sizes: { databaseBytes, tables },
      queues: queues(),
      lookups: { dataAgeSeconds: dataAge },
    });
  });
}
