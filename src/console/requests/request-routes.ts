import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { listRequests } from '../../registry/journal/journalled-requests.js';
import { sendPage, visitorOf } from '../exchange.js';
import { type Query, rowIn, shown, textIn } from '../query.js';
import { readRequest, requestPage } from './request-page.js';
import { requestsPage } from './requests-page.js';

/** Requests on a page. */
const MAX_REQUESTS = 100;

/** Requests: a registrar's own, for operators those of all. */
export function addRequests(scope: FastifyInstance, pool: Pool): void {
  scope.get<{ Querystring: Query }>('/console/requests', async (request, reply) => {
    const visitor = visitorOf(request);
    const registrarId = visitor.kind === 'registrar' ? visitor.caller.registrarId : undefined;
    const page = await listRequests(pool, registrarId, rowIn(request.query, 'before'), MAX_REQUESTS);
    return sendPage(request, reply, requestsPage(page, visitor));
  });
  scope.get<{ Querystring: Query }>('/console/request', async (request, reply) => {
    const visitor = visitorOf(request);
    const state = shown(await readRequest(pool, textIn(request.query, 'id'), visitor));
    return sendPage(request, reply, requestPage(state, visitor));
  });
}
