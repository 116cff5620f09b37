import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import type { Caller } from '../authority/caller.js';
import type { SharedPool } from '../registry/connection/shared-pool.js';
import { countFailed, findFailed } from '../registry/journal/failed-objects.js';
import { findRequest, findRequestsOf, type JournalRow } from '../registry/journal/journalled-requests.js';
import type { Admitted } from './authenticate.js';
import { HttpRefusal } from './http-refusal.js';

/** Requests told of at once: a client's own ids need not be unique. */
const MOST = 100;

/** Failed objects told of at once. */
const MAX_FAILURES = 1000;

/**
 * Whether a request was carried out, and what of it failed, for a registrar that did not get the answer: by the id of an
 * answer, or by the id that it gave the request itself. Others' requests are as good as unknown.
 */
export function addTransactionRoute(
  app: FastifyInstance,
  shared: SharedPool,
  authenticate: (request: FastifyRequest) => Promise<Admitted>,
): void {
  app.get<{ Params: { serverTransId: string } }>('/transaction/:serverTransId', async (request, reply) => {
    const { caller } = await authenticate(request);
    const found = await findOwn(shared.of(caller.registrarId), request.params.serverTransId, caller);
    return reply.header('cache-control', 'no-store').send(told(found));
  });
  app.get<{ Params: { serverTransId: string }; Querystring: Asked }>(
    '/transaction/:serverTransId/failures',
    async (request, reply) => {
      const { caller } = await authenticate(request);
      const after = placeIn(request.query);
      const pool = shared.of(caller.registrarId);
      const found = await findOwn(pool, request.params.serverTransId, caller);
      return reply.header('cache-control', 'no-store').send(await failuresOf(pool, found, after));
    },
  );
  app.get<{ Querystring: Asked }>('/transaction', async (request, reply) => {
    const { caller } = await authenticate(request);
    const pool = shared.of(caller.registrarId);
    const found = await findRequestsOf(pool, caller.registrarId, clientTransIdIn(request.query), MOST);
    return reply.header('cache-control', 'no-store').send({ transactions: found.map(told) });
  });
  app.get<{ Querystring: Asked }>('/transaction/failures', async (request, reply) => {
    const { caller } = await authenticate(request);
    const after = placeIn(request.query);
    const pool = shared.of(caller.registrarId);
    const [latest] = await findRequestsOf(pool, caller.registrarId, clientTransIdIn(request.query), 1);
    if (latest === undefined) throw unknown();
    return reply.header('cache-control', 'no-store').send(await failuresOf(pool, latest, after));
  });
}

interface Asked {
  readonly clientTransId?: string | string[];
  readonly after?: string | string[];
}

function unknown(): HttpRefusal {
  return new HttpRefusal(404, 'No such request of yours has ended.');
}

async function findOwn(pool: Pool, serverTransId: string, caller: Caller): Promise<JournalRow> {
  const isId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(serverTransId);
  const found = isId ? await findRequest(pool, serverTransId) : undefined;
  if (found?.registrar !== caller.registrar) throw unknown();
  return found;
}

function clientTransIdIn({ clientTransId }: Asked): string {
  if (typeof clientTransId !== 'string') throw new HttpRefusal(400, 'clientTransId is needed, once.');
  return clientTransId.replaceAll('\0', '');
}

function placeIn({ after = '0' }: Asked): number {
  if (typeof after === 'string' && /^[0-9]{1,9}$/.test(after)) return Number(after);
  throw new HttpRefusal(400, 'after is the index of the last failure that was told: a whole number, once.');
}

async function failuresOf(pool: Pool, { id, serverTransId, clientTransId, failed }: JournalRow, after: number) {
  const { failed: failures, last } = await findFailed(pool, id, after, MAX_FAILURES);
  const kept = await countFailed(pool, id);
  const next = last === undefined ? null : `/transaction/${serverTransId}/failures?after=${last}`;
  return { serverTransId, clientTransId, failed, kept, failures, next };
}

function told(row: JournalRow) {
  const { serverTransId, clientTransId, operation, mode, receivedAt, answeredAt, code, httpStatus, message } = row;
  const { objects, failed, codes, committed } = row;
  return {
    ...{ serverTransId, clientTransId, operation, mode, receivedAt, answeredAt, code, httpStatus, message },
    committed,
    applied: committed ? objects - failed : 0,
    ...{ objects, failed, codes: codes ?? {} },
  };
}
