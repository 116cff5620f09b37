import {
  digest,
  flag,
  integer,
  integerOrNull,
  noLogin,
  record,
  refusal,
  tags,
  text,
  textOrNull,
  time,
  timeOrNull,
} from './route-schema.js';

const transaction = record({
  serverTransId: text("The server's id of the request"),
  clientTransId: textOrNull("The client's id of the request"),
  operation: textOrNull('Operation; null if the request could not be read so far'),
  mode: text('Processing mode: atomic, partial or validate'),
  receivedAt: time('When the request arrived'),
  answeredAt: timeOrNull('When it was answered'),
  code: integerOrNull('SPPP code of the answer'),
  httpStatus: integerOrNull('HTTP status of an answer without an SPPP code'),
  message: textOrNull('Message of the answer'),
  committed: flag('Whether the request was applied'),
  applied: integer('How many objects were applied'),
  objects: integer('How many objects and keys the request had'),
  failed: integer('How many of them failed'),
  codes: {
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'How many objects got which SPPP code',
  },
});

const failures = record({
  serverTransId: text("The server's id of the request"),
  clientTransId: textOrNull("The client's id of the request"),
  failed: integer('How many objects failed'),
  kept: integer('How many of these failures are stored'),
  failures: {
    type: 'array',
    description: 'Failures in the order of the request, at most 1000',
    items: record({
      index: integer('Place of the object in the request, from 1'),
      verb: text('What was to be done with the object'),
      registrant: text('Owner of the object'),
      noun: text('Type of the object'),
      identifier: textOrNull('Name or number of the object; null if it was no valid value'),
      code: integer('SPPP code of the failure'),
      attrName: text('Element at fault'),
      attrVal: text('Its value as it was sent'),
      isCut: flag('Whether the value was longer'),
      reason: textOrNull('The reason, for people'),
    }),
  },
  next: textOrNull('Path of the next failures; null if there are no more'),
});

const notFound = refusal('No request of the registrar with this id has ended');

const serverTransId = {
  type: 'object',
  properties: { serverTransId: text("The server's id of the request") },
} as const;

const clientTransId = {
  type: 'object',
  required: ['clientTransId'],
  properties: { clientTransId: text("The client's id of the request") },
} as const;

const after = {
  type: 'string',
  pattern: '^[0-9]{1,9}$',
  description: 'Index of the last failure that the client has: the answer begins behind it',
} as const;

/** Schemas of `GET /transaction` and the resources below it. */
export const transactionSchemas = {
  byServerId: {
    tags: [tags.transaction],
    operationId: 'transaction',
    summary: 'What became of a request, by the id in its answer',
    security: digest,
    params: serverTransId,
    response: { 200: { description: 'The request', ...transaction }, 401: noLogin, 404: notFound },
  },
  byClientId: {
    tags: [tags.transaction],
    operationId: 'transactions',
    summary: "What became of requests, by the client's own id, the latest first, at most 100",
    security: digest,
    querystring: clientTransId,
    response: {
      200: { description: 'The requests', ...record({ transactions: { type: 'array', items: transaction } }) },
      400: refusal('No clientTransId, or more than one'),
      401: noLogin,
    },
  },
  failuresByServerId: {
    tags: [tags.transaction],
    operationId: 'transactionFailures',
    summary: 'The failed objects of a request, by the id in its answer',
    security: digest,
    params: serverTransId,
    querystring: { type: 'object', properties: { after } },
    response: {
      200: { description: 'The failures', ...failures },
      400: refusal('after is no index'),
      401: noLogin,
      404: notFound,
    },
  },
  failuresByClientId: {
    tags: [tags.transaction],
    operationId: 'latestTransactionFailures',
    summary: "The failed objects of the latest request with the client's own id",
    security: digest,
    querystring: { ...clientTransId, properties: { ...clientTransId.properties, after } },
    response: {
      200: { description: 'The failures', ...failures },
      400: refusal('No clientTransId, or more than one, or after is no index'),
      401: noLogin,
      404: notFound,
    },
  },
} as const;
