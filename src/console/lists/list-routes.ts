import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { CSV_TYPE } from '../csv-lines.js';
import { sendPage, visitorOf } from '../exchange.js';
import type { Query } from '../query.js';
import { sendFile } from '../send-file.js';
import { readList } from './list.js';
import { listCsv } from './list-csv.js';
import { listPage, listsPage } from './list-page.js';
import { readListQuery } from './list-query.js';
import { objectLists } from './object-lists.js';

/** Objects on a page. */
const MAX_OBJECTS = 100;

/** Lists of the objects of every type, as pages and as CSV. */
export function addLists(scope: FastifyInstance, pool: Pool): void {
  scope.get('/console/objects', (request, reply) => sendPage(request, reply, listsPage(visitorOf(request))));
  for (const list of objectLists) {
    scope.get<{ Querystring: Query }>(`/console/objects/${list.name}`, async (request, reply) => {
      const visitor = visitorOf(request);
      const query = readListQuery(list, request.query, visitor);
      const state = await readList(pool, query, visitor, MAX_OBJECTS);
      return sendPage(request, reply, listPage(query, state, visitor));
    });
    scope.get<{ Querystring: Query }>(`/console/objects/${list.name}.csv`, async (request, reply) => {
      const visitor = visitorOf(request);
      const text = await listCsv(pool, readListQuery(list, request.query, visitor), visitor);
      return sendFile(request, reply, { name: `${list.name}.csv`, mediaType: CSV_TYPE }, text);
    });
  }
}
