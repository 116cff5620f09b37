import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { HttpRefusedError } from '../../http/http-refused.js';
import { readWanted } from '../../http/webhooks-route.js';
import { listDeliveries, redeliver } from '../../registry/webhooks/deliveries.js';
import {
  addWebhook,
  enableWebhook,
  findWebhook,
  listWebhooks,
  publishTest,
  type WebhookOwner,
} from '../../registry/webhooks/webhooks.js';
import type { WebhookSettings } from '../../settings/webhooks.js';
import { reachableAddresses } from '../../webhooks/reachable-addresses.js';
import { newSecret } from '../../webhooks/signature.js';
import { formOf, sendPage, visitorOf } from '../exchange.js';
import { webhookPath } from '../paths.js';
import { toldPage } from '../planned-change.js';
import { addPlannedChange } from '../planned-routes.js';
import { idIn, type Query, refused, rowIn, shown } from '../query.js';
import { requireOperator } from '../require-operator.js';
import type { Visitor } from '../visitor.js';
import { ownerToChange, secretOf, webhookPlans } from './webhook-changes.js';
import { webhookPage, webhooksPage } from './webhooks-page.js';

/** Deliveries on a page. */
const MAX_DELIVERIES = 100;

/** What the pages of webhooks need. */
export interface WebhookRoutesParts {
  readonly pool: Pool;
  readonly webhooks: WebhookSettings;
}

/**
 * Where events are sent, and what became of the deliveries: for a registrar its own, for operators all. Registrars change their
 * own, operators those of operators, as over HTTP.
 */
export function addWebhooks(scope: FastifyInstance, { pool, webhooks: settings }: WebhookRoutesParts): void {
  const mayReach = reachableAddresses(settings.networks);
  scope.get('/console/webhooks', async (request, reply) => {
    const visitor = visitorOf(request);
    return sendPage(request, reply, webhooksPage(await listWebhooks(pool, ownerFor(visitor)), visitor));
  });
  scope.get<{ Querystring: Query }>('/console/webhook', async (request, reply) => {
    const visitor = visitorOf(request);
    const webhook = shown(await findWebhook(pool, ownerFor(visitor), idIn(request.query, 'id')));
    const before = rowIn(request.query, 'before') ?? Number.MAX_SAFE_INTEGER;
    const found = await listDeliveries(pool, webhook.id, before, MAX_DELIVERIES + 1);
    const deliveries = found.slice(0, MAX_DELIVERIES);
    const next = found.length > MAX_DELIVERIES ? deliveries.at(-1)?.event : undefined;
    return sendPage(request, reply, webhookPage({ webhook, deliveries, next }, visitor));
  });
  // A URL may have a secret of its own, so it is no part of an address.
  scope.post('/console/webhooks', async (request, reply) => {
    const visitor = visitorOf(request);
    const owner = ownerToChange(visitor);
    const form = formOf(request);
    const types = (form.get('types') ?? '').split(/[\s,]+/).filter((type) => type !== '');
    const wanted = readWanted({ url: form.get('url')?.trim(), types: types.length === 0 ? null : types }, mayReach);
    if ('rule' in wanted) throw refused(wanted.field, wanted.value, wanted.rule);
    const secret = newSecret();
    const made = await addWebhook(pool, owner, { ...wanted, secret }, settings.most);
    if (made === undefined) {
      throw new HttpRefusedError(409, `There are ${settings.most} webhooks, as many as there may be.`);
    }
    return sendPage(request, reply, toldPage(secretOf(made, secret), webhookPath(made.id), visitor));
  });
  for (const [change, plan] of Object.entries(webhookPlans(pool))) {
    addPlannedChange(scope, `/console/webhook/${change}`, plan);
  }
  scope.post<{ Querystring: Query }>('/console/webhook/enable', async (request, reply) => {
    const owner = ownerToChange(visitorOf(request));
    const { id } = shown(await enableWebhook(pool, owner, idIn(request.query, 'id')));
    return reply.redirect(webhookPath(id), 303);
  });
  scope.post<{ Querystring: Query }>('/console/webhook/test', async (request, reply) => {
    const owner = ownerToChange(visitorOf(request));
    const { id, disabledAt } = shown(await findWebhook(pool, owner, idIn(request.query, 'id')));
    const event = disabledAt === null ? await publishTest(pool, owner, id) : undefined;
    if (event === undefined) throw new HttpRefusedError(409, 'The webhook is disabled; have it sent to again first.');
    return reply.redirect(webhookPath(id), 303);
  });
  scope.post<{ Querystring: Query }>('/console/webhook/redeliver', async (request, reply) => {
    const owner = ownerToChange(visitorOf(request));
    const id = idIn(request.query, 'id');
    const isThere = await redeliver(pool, owner, id, rowIn(request.query, 'event') ?? 0);
    shown(isThere ? id : undefined);
    return reply.redirect(webhookPath(id), 303);
  });
}

function ownerFor(visitor: Visitor): WebhookOwner {
  if (visitor.kind === 'registrar') return visitor.caller.registrarId;
  requireOperator(visitor, 'view', 'Webhook');
  return 'anybody';
}
