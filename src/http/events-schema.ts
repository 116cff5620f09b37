import { operatorParameters, registrarParameters } from '../queue/event-query.js';
import {
  digest,
  faultRefusal,
  integer,
  integerOrNull,
  noLogin,
  record,
  refusal,
  tags,
  text,
  time,
  timeOrNull,
} from './route-schema.js';

/** Headers of a page: where the next one begins, and how far events were published. */
export const NEXT = 'sppp-events-next';
export const LAST = 'sppp-events-last';

/** CloudEvents 1.0, JSON format, batch. */
export const BATCH = 'application/cloudevents-batch+json';

const parameters = {
  after: { type: 'string', description: 'Position: the answer begins behind it; where the consumer is without it' },
  types: {
    type: 'string',
    description: 'Types with commas between them, or prefixes such as sppp.offer.*; all without it',
  },
  consumer: { type: 'string', description: 'Name under which the registrar reads; default, where after is left out' },
  organization: { type: 'string', description: 'Organization that the events are for; all without it' },
  wait: { type: 'string', description: 'Seconds to wait for an event if there is none, up to 60; 0 without it' },
  limit: { type: 'string', description: 'Events of the answer at most, up to 1000; 100 without it' },
} as const;

function querystring(names: readonly (keyof typeof parameters)[]) {
  return { type: 'object', properties: Object.fromEntries(names.map((name) => [name, parameters[name]])) } as const;
}

const header = (description: string) => ({ type: 'string', description });

const page = {
  description: 'Events in the order of their positions, which are their ids',
  headers: {
    [NEXT]: header('Position to read on from'),
    [LAST]: header('Position of the last event that was published'),
  },
  content: {
    [BATCH]: {
      schema: { type: 'array', items: { type: 'object', description: 'An event, as CloudEvents 1.0 has it' } },
    },
  },
} as const;

const wrong = faultRefusal('A parameter breaks a rule');

const gone = {
  description: 'Events behind the position were deleted because of their age',
  ...record({
    reason: text('One sentence'),
    oldest: integer('Position of the oldest event that is there, or comes next'),
    after: integer('Position to go on from'),
  }),
};

const consumer = record({
  name: text('Name'),
  position: integer('Last position that was acknowledged'),
  missedUntil: integerOrNull('Last position that was deleted before it was acknowledged; null: none was'),
  createdAt: time('When it was made'),
  ackedAt: timeOrNull('When it was acknowledged last'),
});

const tagged = { tags: [tags.events], security: digest } as const;

/** Schemas of `GET /events` and the resources beside it; docs/event-queue.md describes them. */
export const eventsSchemas = {
  read: {
    ...tagged,
    operationId: 'events',
    summary: 'What happened to a registrar and to the objects that it may get',
    querystring: querystring(registrarParameters),
    response: { 200: page, 400: wrong, 401: noLogin, 409: refusal('As many consumers as are allowed'), 410: gone },
  },
  ack: {
    ...tagged,
    operationId: 'ackEvents',
    summary: 'Acknowledges events up to a position, for a consumer',
    body: {
      type: 'object',
      required: ['position'],
      properties: {
        consumer: text('Name of the consumer, which is made if it is new; default without it'),
        position: { type: ['integer', 'string'], description: 'Position, such as the id of the last event' },
        back: { type: 'boolean', description: 'Whether the consumer may go back to an earlier position' },
      },
    },
    response: {
      200: { description: 'Where the consumer is', ...consumer },
      400: wrong,
      401: noLogin,
      409: refusal('As many consumers as are allowed'),
    },
  },
  consumers: {
    ...tagged,
    operationId: 'eventConsumers',
    summary: 'The names under which a registrar reads, and how far it is',
    response: {
      200: { description: 'The consumers', ...record({ consumers: { type: 'array', items: consumer } }) },
      401: noLogin,
    },
  },
  removeConsumer: {
    ...tagged,
    operationId: 'removeEventConsumer',
    summary: 'Forgets a consumer',
    params: { type: 'object', properties: { name: text('Name of the consumer') } },
    response: { 204: { description: 'It is gone', type: 'null' }, 401: noLogin, 404: refusal('No such consumer') },
  },
  types: {
    tags: [tags.events],
    operationId: 'eventTypes',
    summary: 'The types of events',
    response: {
      200: {
        description: 'The types',
        ...record({
          types: {
            type: 'array',
            items: record({
              type: text('Type, with its version'),
              meaning: text('What has happened'),
              audience: text('Whom it is for'),
              schema: text('Path of the JSON Schema'),
            }),
          },
        }),
      },
    },
  },
  typeSchema: {
    tags: [tags.events],
    operationId: 'eventSchema',
    summary: 'The JSON Schema of the data of a type of events',
    params: { type: 'object', properties: { type: text('Type, with its version') } },
    response: {
      200: { description: 'The schema', content: { 'application/schema+json': { schema: { type: 'object' } } } },
      404: refusal('No such type'),
    },
  },
  operatorRead: { querystring: querystring(operatorParameters) },
} as const;
