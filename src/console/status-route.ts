import type { FastifyInstance } from 'fastify';
import type { OperatorStatus } from '../http/operator-status.js';
import { sendPage, visitorOf } from './exchange.js';
import { requireOperator } from './require-operator.js';
import { statusPage } from './status-page.js';

/** What this node is and does, for operators. */
export function addStatus(scope: FastifyInstance, readStatus: () => Promise<OperatorStatus>): void {
  scope.get('/console/status', async (request, reply) => {
    const visitor = visitorOf(request);
    requireOperator(visitor, 'view', 'Status');
    return sendPage(request, reply, statusPage(await readStatus(), visitor));
  });
}
