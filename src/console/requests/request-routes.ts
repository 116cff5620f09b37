import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import type { ArchiveSettings } from '../../config.js';
import { listRequests } from '../../registry/journal/journalled-requests.js';
import { listUnderWay } from '../../registry/journal/requests-under-way.js';
import { CSV_TYPE } from '../csv-lines.js';
import { sendPage, visitorOf } from '../exchange.js';
import { type Query, rowIn, shown, textIn } from '../query.js';
import { sendFile } from '../send-file.js';
import type { Visitor } from '../visitor.js';
import { failuresCsv } from './failures-csv.js';
import { KeptRequests } from './kept-request.js';
import { isLive } from './live.js';
import { findShown, readRequest } from './request.js';
import { requestPage } from './request-page.js';
import { requestsPage } from './requests-page.js';
import { runningPage } from './running-page.js';

/** Requests on a page. */
const MAX_REQUESTS = 100;

/** Whose requests a visitor sees: a registrar its own, operators those of all. */
const registrarOf = (visitor: Visitor) => (visitor.kind === 'registrar' ? visitor.caller.registrarId : undefined);

interface RequestParts {
  readonly pool: Pool;
  readonly archive: ArchiveSettings;
}

/** Requests: a registrar's own, for operators those of all. */
export function addRequests(scope: FastifyInstance, { pool, archive }: RequestParts): void {
  const kept = new KeptRequests({ pool, key: archive.key });
  scope.get<{ Querystring: Query }>('/console/requests', async (request, reply) => {
    const visitor = visitorOf(request);
    const live = isLive(request.query, reply);
    const before = rowIn(request.query, 'before');
    const page = await listRequests(pool, registrarOf(visitor), before, MAX_REQUESTS);
    return sendPage(request, reply, requestsPage({ ...page, isFirst: before === undefined, isLive: live, visitor }));
  });
  scope.get<{ Querystring: Query }>('/console/running', async (request, reply) => {
    const visitor = visitorOf(request);
    const live = isLive(request.query, reply);
    const requests = await listUnderWay(pool, registrarOf(visitor), MAX_REQUESTS);
    return sendPage(request, reply, runningPage({ requests, isLive: live, visitor }));
  });
  scope.get<{ Querystring: Query }>('/console/request', async (request, reply) => {
    const visitor = visitorOf(request);
    const state = shown(await readRequest(pool, textIn(request.query, 'id'), visitor));
    return sendPage(request, reply, requestPage(state, visitor));
  });
  scope.get<{ Querystring: Query }>('/console/request/failures.csv', async (request, reply) => {
    const { id, serverTransId } = shown(await findShown(pool, textIn(request.query, 'id'), visitorOf(request)));
    const file = { name: `${serverTransId}-failures.csv`, mediaType: CSV_TYPE };
    return sendFile(request, reply, file, await failuresCsv(pool, id));
  });
  scope.get<{ Querystring: Query }>('/console/request/body.xml', async (request, reply) => {
    const visitor = visitorOf(request);
    const row = shown(await findShown(pool, textIn(request.query, 'id'), visitor));
    return kept.send(request, reply, row, visitor);
  });
}
