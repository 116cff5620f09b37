import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';

/** Whether requests can be answered now: 200 with a database, 503 without. */
export function addHealthRoute(app: FastifyInstance, pool: Pool): void {
  app.get('/health', async (_request, reply) => {
    try {
      await pool.query('SELECT 1');
      return reply.send({ status: 'ok' });
    } catch {
      return reply.code(503).header('retry-after', '1').send({ status: 'no database' });
    }
  });
}
