import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { listDeliveries } from '../../registry/webhooks/deliveries.js';
import { findWebhook, listWebhooks, type WebhookOwner } from '../../registry/webhooks/webhooks.js';
import { sendPage, visitorOf } from '../exchange.js';
import { type Query, rowIn, shown } from '../query.js';
import { requireOperator } from '../require-operator.js';
import type { Visitor } from '../visitor.js';
import { webhookPage, webhooksPage } from './webhooks-page.js';

/** Deliveries on a page. */
const MAX_DELIVERIES = 100;

/** No row id is larger. */
const ANY_WEBHOOK = 2 ** 31;

/** Where events are sent, and what became of the deliveries: for a registrar its own, for operators all. */
export function addWebhooks(scope: FastifyInstance, pool: Pool): void {
  scope.get('/console/webhooks', async (request, reply) => {
    const visitor = visitorOf(request);
    return sendPage(request, reply, webhooksPage(await listWebhooks(pool, ownerFor(visitor)), visitor));
  });
  scope.get<{ Querystring: Query }>('/console/webhook', async (request, reply) => {
    const visitor = visitorOf(request);
    const id = rowIn(request.query, 'id') ?? 0;
    const webhook = shown(id < ANY_WEBHOOK ? await findWebhook(pool, ownerFor(visitor), id) : undefined);
    const before = rowIn(request.query, 'before') ?? Number.MAX_SAFE_INTEGER;
    const found = await listDeliveries(pool, webhook.id, before, MAX_DELIVERIES + 1);
    const deliveries = found.slice(0, MAX_DELIVERIES);
    const next = found.length > MAX_DELIVERIES ? deliveries.at(-1)?.event : undefined;
    return sendPage(request, reply, webhookPage({ webhook, deliveries, next }, visitor));
  });
}

function ownerFor(visitor: Visitor): WebhookOwner {
  if (visitor.kind === 'registrar') return visitor.caller.registrarId;
  requireOperator(visitor, 'view', 'Webhook');
  return 'anybody';
}
