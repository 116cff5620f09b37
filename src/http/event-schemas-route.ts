import type { FastifyInstance } from 'fastify';
import { eventTypes } from '../events/event-types.js';
import { CachedDocument } from './document-cache.js';
import { eventsSchemas } from './events-schema.js';
import { HttpRefusedError } from './http-refused.js';
import { readsParameters } from './route-schema.js';

/** `GET /events/schemas`, for everybody: the types of events, and the JSON Schema of the data of each. */
export function addEventSchemasRoute(app: FastifyInstance): void {
  const types = eventTypes.map(({ type, meaning, audience }) => ({
    ...{ type, meaning, audience, schema: `/events/schemas/${type}` },
  }));
  const list = new CachedDocument(JSON.stringify({ types }), 'application/json; charset=utf-8');
  const documents = new Map(
    eventTypes.map(({ type, schema }) => [type, new CachedDocument(JSON.stringify(schema), 'application/schema+json')]),
  );
  app.get('/events/schemas', { schema: eventsSchemas.types }, (request, reply) =>
    list.send(request, reply.header('cache-control', 'max-age=300')),
  );
  app.get<{ Params: { type: string } }>(
    '/events/schemas/:type',
    { schema: eventsSchemas.typeSchema, ...readsParameters },
    (request, reply) => {
      const document = documents.get(request.params.type);
      if (document === undefined) {
        throw new HttpRefusedError(404, 'There is no such type of event; GET /events/schemas lists them.');
      }
      return document.send(request, reply.header('cache-control', 'max-age=300'));
    },
  );
}
