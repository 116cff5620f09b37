import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { DatabaseHealth, DatabaseState } from '../registry/connection/database-health.js';
import { whyTooOld } from '../registry/connection/host-search.js';
import { HttpRefusedError } from './http-refused.js';
import { healthSchema, liveSchema, lookupHealthSchema, writeHealthSchema } from './server-schema.js';

/** Paths of all questions about health. They have rates of their own, or none, and no spans. */
export const HEALTH = '/health';

/** Milliseconds in which load balancers get their answers, whatever the database does. */
const ANSWER_MS = 900;

/** The databases that are asked, each over a connection of its own. */
export interface HealthOf {
  /** Of changes. Undefined: this node answers look-ups only. */
  readonly registry: DatabaseHealth | undefined;
  /** Of look-ups. */
  readonly lookups: DatabaseHealth;
  /** Seconds by which the data of look-ups may be older than the primary's. */
  readonly maxAge: number;
  /** Whether this node can work with the schema of its database. */
  readonly schema: { readonly tooNew: string | undefined };
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
  { registry, lookups, maxAge, schema }: HealthOf,
  enter: (request: FastifyRequest) => number | undefined,
): void {
  const lookupStatus = async () => lookupStatusOf(await lookups.stateWithin(ANSWER_MS), maxAge);
  const status = async () =>
    registry === undefined ? lookupStatus() : (await registry.isThere()) ? 'ok' : 'no database';
  app.get(HEALTH, { schema: healthSchema }, async (request, reply) => {
    const wait = enter(request);
    if (wait !== undefined) {
      const later = { 'retry-after': String(wait) };
      throw new HttpRefusedError(429, 'Too many questions about health from this address.', later, {
        reason: 'tooMany',
      });
    }
    return send(reply, await unlessOld(status));
  });
  const unlessOld = async (statusOf: () => Promise<string>) => (schema.tooNew === undefined ? statusOf() : 'old node');
  const add = (path: string, answers: object, statusOf: () => Promise<string>) => {
    app.get(path, { schema: answers }, async (_request, reply) =>
      send(reply.header('cache-control', 'no-store'), await statusOf()),
    );
  };
  add(`${HEALTH}/live`, liveSchema, async () => 'ok');
  const writeStatus = async () =>
    registry === undefined ? 'look-ups only' : writeStatusOf(await registry.stateWithin(ANSWER_MS));
  add(`${HEALTH}/write`, writeHealthSchema, () => unlessOld(writeStatus));
  add(`${HEALTH}/lookup`, lookupHealthSchema, () => unlessOld(lookupStatus));
}

function send(reply: FastifyReply, status: string): FastifyReply {
  if (status !== 'ok') reply.code(503).header('retry-after', '1');
  return reply.send({ status });
}

function lookupStatusOf(state: DatabaseState | undefined, maxAge: number): string {
  if (state === undefined) return 'no database';
  return whyTooOld(state.age ?? undefined, maxAge) === undefined ? 'ok' : 'old data';
}

function writeStatusOf(state: DatabaseState | undefined): string {
  if (state === undefined) return 'no database';
  if (state.isStandby) return 'standby';
  return state.doCommitsWait ? 'commits wait' : 'ok';
}
