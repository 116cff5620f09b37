import type { FastifyInstance, FastifyRequest } from 'fastify';
import { findRequest, findRequestsOf, type JournalRow } from '../registry/requests.js';
import type { SharedPool } from '../registry/shared-pool.js';
import type { Admitted } from './authenticate.js';
import { HttpRefusal } from './http-refusal.js';

/** Requests told of at once: a client's own ids need not be unique. */
const MOST = 100;

/**
 * Whether a request was carried out, for a registrar that did not get the answer: by the id of an answer, or by the id
 * that it gave the request itself. Others' requests are as good as unknown.
 */
export function addTransactionRoute(
  app: FastifyInstance,
  shared: SharedPool,
  authenticate: (request: FastifyRequest) => Promise<Admitted>,
): void {
  app.get<{ Params: { serverTransId: string } }>('/transaction/:serverTransId', async (request, reply) => {
    const { caller } = await authenticate(request);
    const { serverTransId } = request.params;
    const isId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(serverTransId);
    const found = isId ? await findRequest(shared.of(caller.registrarId), serverTransId) : undefined;
    if (found?.registrar !== caller.registrar) throw new HttpRefusal(404, 'No such request of yours has ended.');
    return reply.header('cache-control', 'no-store').send(told(found));
  });
  app.get<{ Querystring: { clientTransId?: string | string[] } }>('/transaction', async (request, reply) => {
    const { caller } = await authenticate(request);
    const { clientTransId } = request.query;
    if (typeof clientTransId !== 'string') throw new HttpRefusal(400, 'clientTransId is needed, once.');
    const pool = shared.of(caller.registrarId);
    const found = await findRequestsOf(pool, caller.registrarId, clientTransId.replaceAll('\0', ''), MOST);
    return reply.header('cache-control', 'no-store').send({ transactions: found.map(told) });
  });
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
