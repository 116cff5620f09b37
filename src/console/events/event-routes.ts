import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { eventTypes } from '../../events/event-types.js';
import { sendPage, visitorOf } from '../exchange.js';
import { choiceIn, type Query, rowIn } from '../query.js';
import { requireOperator } from '../require-operator.js';
import { readEventPage } from './events.js';
import { eventsPage } from './events-page.js';

const typeNames = eventTypes.map(({ type }) => type);

/** What a registrar was told, and for operators what was told to all. */
export function addEvents(scope: FastifyInstance, pool: Pool): void {
  scope.get<{ Querystring: Query }>('/console/events', async (request, reply) => {
    const visitor = visitorOf(request);
    if (visitor.kind === 'operator') requireOperator(visitor, 'view', 'Event');
    const filter = { type: choiceIn(request.query, 'type', typeNames), before: rowIn(request.query, 'before') };
    return sendPage(request, reply, eventsPage(await readEventPage(pool, filter, visitor), filter, visitor));
  });
}
