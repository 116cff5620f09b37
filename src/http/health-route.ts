import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { DatabaseHealth } from '../registry/connection/database-health.js';
import { HttpRefusedError } from './http-refused.js';
import { healthSchema } from './server-schema.js';

/**
 * `GET /health`: whether requests can be answered now: 200 with a database, 503 without. Monitoring has a rate of its own:
 * `enter` counts a request, and returns the seconds that the client has to wait if there were too many.
 */
export function addHealthRoute(
  app: FastifyInstance,
  health: Pick<DatabaseHealth, 'isThere'>,
  enter: (request: FastifyRequest) => number | undefined,
): void {
  app.get('/health', { schema: healthSchema }, async (request, reply) => {
    const wait = enter(request);
    if (wait !== undefined) {
      const later = { 'retry-after': String(wait) };
      throw new HttpRefusedError(429, 'Too many questions about health from this address.', later, {
        reason: 'tooMany',
      });
    }
    if (await health.isThere()) return reply.send({ status: 'ok' });
    return reply.code(503).header('retry-after', '1').send({ status: 'no database' });
  });
}
