import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { DatabaseHealth, DatabaseState } from '../registry/connection/database-health.js';
import { HttpRefusedError } from './http-refused.js';
import { healthSchema, liveSchema, lookupHealthSchema, writeHealthSchema } from './server-schema.js';

/** Paths of all questions about health. They have rates of their own, or none, and no spans. */
export const HEALTH = '/health';

/** Milliseconds in which load balancers get their answers, whatever the database does. */
const ANSWER_MS = 900;

/** The databases that are asked, each over a connection of its own. */
export interface HealthOf {
  /** Of changes. */
  readonly registry: DatabaseHealth;
  /** Of look-ups. */
  readonly lookups: DatabaseHealth;
}

/**
 * `GET /health`: whether requests can be answered now: 200 with a database, 503 without. Monitoring has a rate of its own:
 * `enter` counts a request, and returns the seconds that the client has to wait if there were too many.
 *
 * `GET /health/live`, `/health/write` and `/health/lookup` are for load balancers: whether this process runs, whether a change
 * could be committed now, and whether look-ups can be answered now. Each answers within a second, and none has a rate: the
 * database is asked ten times a second at most.
 */
export function addHealthRoutes(
  app: FastifyInstance,
  { registry, lookups }: HealthOf,
  enter: (request: FastifyRequest) => number | undefined,
): void {
  app.get(HEALTH, { schema: healthSchema }, async (request, reply) => {
    const wait = enter(request);
    if (wait !== undefined) {
      const later = { 'retry-after': String(wait) };
      throw new HttpRefusedError(429, 'Too many questions about health from this address.', later, {
        reason: 'tooMany',
      });
    }
    if (await registry.isThere()) return reply.send({ status: 'ok' });
    return reply.code(503).header('retry-after', '1').send({ status: 'no database' });
  });
  const add = (path: string, schema: object, statusOf: () => Promise<string>) => {
    app.get(path, { schema }, async (_request, reply) => {
      const status = await statusOf();
      if (status !== 'ok') reply.code(503).header('retry-after', '1');
      return reply.header('cache-control', 'no-store').send({ status });
    });
  };
  add(`${HEALTH}/live`, liveSchema, async () => 'ok');
  add(`${HEALTH}/write`, writeHealthSchema, async () => writeStatus(await registry.stateWithin(ANSWER_MS)));
  add(`${HEALTH}/lookup`, lookupHealthSchema, async () =>
    (await lookups.stateWithin(ANSWER_MS)) === undefined ? 'no database' : 'ok',
  );
}

function writeStatus(state: DatabaseState | undefined): string {
  if (state === undefined) return 'no database';
  if (state.isStandby) return 'standby';
  return state.doCommitsWait ? 'commits wait' : 'ok';
}
