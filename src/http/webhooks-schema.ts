import { TYPES_RULE } from '../queue/event-query.js';
import { URL_RULE } from '../webhooks/webhook-url.js';
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
  textOrNull,
  time,
  timeOrNull,
} from './route-schema.js';

const members = {
  id: integer('Number of the webhook'),
  url: text(`Where events are sent: ${URL_RULE}`),
  types: {
    type: ['array', 'null'],
    items: { type: 'string' },
    description: `What it gets: ${TYPES_RULE}; null: all`,
  },
  createdAt: time('When it was made'),
  formerSecretUntil: timeOrNull('Until when the former secret signs, too; null: there is none'),
  failingSince: timeOrNull('Since when every attempt has failed; null: the last one did not'),
  disabledAt: timeOrNull('When it was disabled; null: it is not'),
  disabledBecause: textOrNull('Why it was disabled'),
} as const;

const webhook = record(members);
const withSecret = record({
  ...members,
  secret: text('The secret that signs: whsec_ and base64. It is told this once.'),
});

const delivery = record({
  event: integer('Position of the event'),
  type: text('Its type'),
  state: text('waiting, delivered or failed'),
  attempts: integer('Attempts so far'),
  madeAt: time('When the event was published, or the delivery asked for'),
  attemptedAt: timeOrNull('When it was tried last'),
  dueAt: timeOrNull('When it is tried next; null: it is not'),
  httpStatus: integerOrNull('Status of the last answer; null: there was none'),
  answer: textOrNull('Beginning of the last answer'),
  failure: textOrNull('Why the last attempt did not succeed'),
  milliseconds: integerOrNull('How long it took'),
});

const notFound = refusal('No such webhook, or no such event');
const wrong = faultRefusal('A value breaks a rule, or there is no such parameter');

const tagged = { tags: [tags.webhooks], security: digest } as const;
const query = (properties: Readonly<Record<string, { type: string; description: string }>>) => ({
  querystring: { type: 'object', properties },
});

/** Schemas of `/webhooks` and `/operator/webhooks`; docs/webhooks.md describes them. */
export const webhooksSchemas = {
  list: {
    ...tagged,
    operationId: 'webhooks',
    summary: 'Where events are sent',
    response: { 200: record({ webhooks: { type: 'array', items: webhook } }, 'Webhooks'), 400: wrong, 401: noLogin },
  },
  show: {
    ...tagged,
    operationId: 'webhook',
    summary: 'One webhook',
    response: { 200: { description: 'The webhook', ...webhook }, 400: wrong, 401: noLogin, 404: notFound },
  },
  add: {
    ...tagged,
    operationId: 'addWebhook',
    summary: 'Has events sent to a URL: the body is a JSON object with url and, if it is not to get all, types',
    response: {
      201: { description: 'The webhook with its secret', ...withSecret },
      ...{ 400: wrong, 401: noLogin, 409: refusal('There are as many webhooks as there may be') },
    },
  },
  remove: {
    ...tagged,
    operationId: 'removeWebhook',
    summary: 'Ends a webhook, with the record of its deliveries',
    response: { 204: { description: 'Done', type: 'null' }, 400: wrong, 401: noLogin, 404: notFound },
  },
  rotate: {
    ...tagged,
    operationId: 'rotateWebhookSecret',
    summary: 'Gives a webhook a new secret; the one before it signs, too, for a time',
    ...query({ overlap: { type: 'string', description: 'Hours for which both sign, up to 720; 24 without it' } }),
    response: {
      200: { description: 'The webhook with its new secret', ...withSecret },
      ...{ 400: wrong, 401: noLogin, 404: notFound },
      409: refusal('It has two secrets already; overlap=0 ends both'),
    },
  },
  enable: {
    ...tagged,
    operationId: 'enableWebhook',
    summary: 'Sends again to a webhook that was disabled',
    response: { 200: { description: 'The webhook', ...webhook }, 400: wrong, 401: noLogin, 404: notFound },
  },
  test: {
    ...tagged,
    operationId: 'testWebhook',
    summary: 'Sends an event of type sppp.webhook.test.v1',
    response: {
      202: record({ event: integer('Position of the event; its delivery tells the outcome') }, 'It is being sent'),
      ...{ 400: wrong, 401: noLogin, 404: notFound, 409: refusal('The webhook is disabled') },
    },
  },
  deliveries: {
    ...tagged,
    operationId: 'webhookDeliveries',
    summary: 'What was sent to a webhook, the newest first, at most 100',
    ...query({ before: { type: 'string', description: 'Position: the answer begins below it' } }),
    response: {
      200: record({ deliveries: { type: 'array', items: delivery } }, 'Deliveries'),
      ...{ 400: wrong, 401: noLogin, 404: notFound },
    },
  },
  redeliver: {
    ...tagged,
    operationId: 'redeliver',
    summary: 'Sends an event once more',
    response: {
      202: record({ event: integer('Position of the event') }, 'It is being sent'),
      ...{ 400: wrong, 401: noLogin, 404: notFound },
    },
  },
} as const;
