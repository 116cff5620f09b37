import type { FastifyInstance } from 'fastify';
import { isKeyFault, readKey } from '../../forms/key-text.js';
import { sendPage, visitorOf } from '../exchange.js';
import { type Query, refused, rowIn, shown, textIn } from '../query.js';
import { type HistoryParts, readHistory } from './history.js';
import { historyPage } from './history-page.js';

/** What was changed of an object. */
export function addHistory(scope: FastifyInstance, parts: HistoryParts): void {
  scope.get<{ Querystring: Query }>('/console/history', async (request, reply) => {
    const visitor = visitorOf(request);
    const key = readKey(textIn(request.query, 'key'), undefined);
    if (isKeyFault(key)) throw refused(key.field, key.value, key.rule);
    const page = shown(await readHistory(parts, key, rowIn(request.query, 'before'), visitor));
    return sendPage(request, reply, historyPage(key, page, visitor));
  });
}
