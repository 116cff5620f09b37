import type { FastifyInstance } from 'fastify';
import type { AdmitOperator } from './operator-access.js';
import type { OperatorStatus } from './operator-status.js';
import { operatorStatusSchema } from './operator-status-schema.js';

/** `GET /operator/status`: what this node is and does, for operators (docs/operations.md). */
export function addOperatorStatusRoute(
  app: FastifyInstance,
  readStatus: () => Promise<OperatorStatus>,
  admit: AdmitOperator,
): void {
  app.get('/operator/status', { schema: { response: { 200: operatorStatusSchema } } }, async (request, reply) => {
    await admit(request, 'view', 'Status');
    return reply.header('cache-control', 'no-store').send(await readStatus());
  });
}
