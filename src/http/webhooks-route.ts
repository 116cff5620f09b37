import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import { areTypes, POSITION_RULE, positionOf, TYPES_RULE } from '../queue/event-query.js';
import type { SharedPool } from '../registry/connection/shared-pool.js';
import { listDeliveries, redeliver } from '../registry/webhooks/deliveries.js';
import {
  addWebhook,
  enableWebhook,
  findWebhook,
  listWebhooks,
  publishTest,
  removeWebhook,
  rotateSecret,
  TwoSecretsError,
  type Webhook,
} from '../registry/webhooks/webhooks.js';
import type { WebhookSettings } from '../settings/webhooks.js';
import { type ParameterFault, parameterFault } from '../values/parameter-fault.js';
import { reachableAddresses } from '../webhooks/reachable-addresses.js';
import { newSecret, secretText } from '../webhooks/signature.js';
import { addressIn, readWebhookUrl, URL_RULE } from '../webhooks/webhook-url.js';
import type { Admitted } from './authenticate.js';
import { HttpRefusedError } from './http-refused.js';
import { readJsonBody } from './json-body.js';
import type { AdmitOperator } from './operator-access.js';
import { sendFault } from './parameter-fault.js';
import { readsParameters } from './route-schema.js';
import { webhooksSchemas } from './webhooks-schema.js';

/** Deliveries in one answer. */
const MAX_DELIVERIES = 100;

/** Hours for which two secrets sign, at most and usually. */
const [MAX_OVERLAP, USUAL_OVERLAP] = [720, '24'];

export interface WebhooksParts {
  readonly shared: SharedPool;
  readonly settings: WebhookSettings;
  readonly authenticate: (request: FastifyRequest) => Admitted | Promise<Admitted>;
}

export interface OperatorWebhooksParts {
  readonly pool: Pool;
  readonly settings: WebhookSettings;
  readonly admit: AdmitOperator;
}

type Given = Readonly<Record<string, unknown>>;
interface OfOne {
  Params: { id: string; event: string };
  Querystring: Given;
}

/** Whose webhooks a request is about (null: the operators'), and the connections that it may use. */
interface Owned {
  readonly owner: number | null;
  readonly pool: Pool;
}

type Handle = (request: FastifyRequest<OfOne>, reply: FastifyReply, owned: Owned) => Promise<FastifyReply>;

/** `/webhooks`: where the events of a registrar are sent. Those of others are answered like unknown ones. */
export function addWebhooksRoute(app: FastifyInstance, { shared, settings, authenticate }: WebhooksParts): void {
  addResources(app, '/webhooks', settings, async (request) => {
    const { registrarId: owner } = (await authenticate(request)).caller;
    return { owner, pool: shared.of(owner) };
  });
}

/** `/operator/webhooks`: where the events for operators are sent. Those of organizations are answered like unknown ones. */
export function addOperatorWebhooksRoute(app: FastifyInstance, { pool, settings, admit }: OperatorWebhooksParts): void {
  addResources(app, '/operator/webhooks', settings, async (request) => {
    await admit(request, request.method === 'GET' ? 'view' : 'change', 'Webhook');
    return { owner: null, pool };
  });
}

/** The resources of one kind of owner. `enter` lets a request in, or throws an HttpRefusedError. */
function addResources(
  app: FastifyInstance,
  path: string,
  settings: WebhookSettings,
  enter: (request: FastifyRequest) => Promise<Owned>,
): void {
  const mayReach = reachableAddresses(settings.networks);
  /** Has a request handled if it has no parameters but these. */
  const own = (parameters: readonly string[], handle: Handle) => ({
    ...readsParameters,
    handler: async (request: FastifyRequest<OfOne>, reply: FastifyReply) => {
      const owned = await enter(request);
      const { query } = request;
      const stranger = Object.keys(query).find((name) => !parameters.includes(name));
      const rule = parameters.length === 0 ? 'no parameters' : `${parameters.join(', ')} only`;
      if (stranger !== undefined) return sendFault(reply, parameterFault(stranger, query[stranger], rule));
      return handle(request, reply, owned);
    },
  });
  const { list, show, add, remove, rotate, enable, test, deliveries, redeliver: again } = webhooksSchemas;

  app.get<OfOne>(path, {
    ...{ exposeHeadRoute: false, schema: list },
    ...own([], async (_request, reply, { owner, pool }) =>
      fresh(reply).send({ webhooks: (await listWebhooks(pool, owner)).map(bodyOf) }),
    ),
  });
  app.post<OfOne>(path, {
    schema: add,
    ...own([], async (request, reply, { owner, pool }) => {
      const wanted = readWanted(await readJsonBody(request), mayReach);
      if ('rule' in wanted) return sendFault(reply, wanted);
      const secret = newSecret();
      const made = await addWebhook(pool, owner, { ...wanted, secret }, settings.most);
      if (made === undefined) {
        throw new HttpRefusedError(409, `There are ${settings.most} webhooks, as many as there may be.`);
      }
      const body = { ...bodyOf(made), secret: secretText(secret) };
      return fresh(reply).code(201).header('location', `${path}/${made.id}`).send(body);
    }),
  });
  app.get<OfOne>(`${path}/:id`, {
    ...{ exposeHeadRoute: false, schema: show },
    ...own([], async (request, reply, { owner, pool }) =>
      fresh(reply).send(bodyOf(found(await findWebhook(pool, owner, idIn(request))))),
    ),
  });
  app.delete<OfOne>(`${path}/:id`, {
    schema: remove,
    ...own([], async (request, reply, { owner, pool }) => {
      if (!(await removeWebhook(pool, owner, idIn(request)))) throw unknown();
      return reply.code(204).send();
    }),
  });
  app.post<OfOne>(`${path}/:id/rotate`, {
    schema: rotate,
    ...own(['overlap'], async (request, reply, { owner, pool }) => {
      const { overlap = USUAL_OVERLAP } = request.query;
      const hours = positionOf(overlap);
      if (hours === undefined || hours > MAX_OVERLAP) {
        return sendFault(reply, parameterFault('overlap', overlap, `hours: a whole number up to ${MAX_OVERLAP}`));
      }
      const secret = newSecret();
      const rotated = found(await rotateSecret(pool, owner, idIn(request), secret, hours).catch(refuseForNow));
      return fresh(reply).send({ ...bodyOf(rotated), secret: secretText(secret) });
    }),
  });
  app.post<OfOne>(`${path}/:id/enable`, {
    schema: enable,
    ...own([], async (request, reply, { owner, pool }) =>
      fresh(reply).send(bodyOf(found(await enableWebhook(pool, owner, idIn(request))))),
    ),
  });
  app.post<OfOne>(`${path}/:id/test`, {
    schema: test,
    ...own([], async (request, reply, { owner, pool }) => {
      const { id, disabledAt } = found(await findWebhook(pool, owner, idIn(request)));
      const event = disabledAt === null ? await publishTest(pool, owner, id) : undefined;
      if (event === undefined) throw new HttpRefusedError(409, 'The webhook is disabled; enable it first.');
      return fresh(reply).code(202).send({ event });
    }),
  });
  app.get<OfOne>(`${path}/:id/deliveries`, {
    ...{ exposeHeadRoute: false, schema: deliveries },
    ...own(['before'], async (request, reply, { owner, pool }) => {
      const { before = Number.MAX_SAFE_INTEGER } = request.query;
      const below = positionOf(before);
      if (below === undefined) return sendFault(reply, parameterFault('before', before, POSITION_RULE));
      const { id } = found(await findWebhook(pool, owner, idIn(request)));
      return fresh(reply).send({ deliveries: await listDeliveries(pool, id, below, MAX_DELIVERIES) });
    }),
  });
  app.post<OfOne>(`${path}/:id/deliveries/:event/redeliver`, {
    schema: again,
    ...own([], async (request, reply, { owner, pool }) => {
      const event = positionOf(request.params.event);
      if (event === undefined || !(await redeliver(pool, owner, idIn(request), event))) throw unknown();
      return fresh(reply).code(202).send({ event });
    }),
  });
}

/** Reads what somebody wants of a new webhook: `url`, and `types` if it is not to get all. */
export function readWanted(
  given: Given,
  mayReach: (address: string) => boolean,
): { readonly url: string; readonly types: string[] | null } | ParameterFault {
  const stranger = Object.keys(given).find((name) => name !== 'url' && name !== 'types');
  if (stranger !== undefined) return parameterFault(stranger, given[stranger], 'url and types only');
  const { types = null } = given;
  const url = typeof given.url === 'string' ? readWebhookUrl(given.url) : undefined;
  if (url === undefined) return parameterFault('url', given.url, URL_RULE);
  const address = addressIn(new URL(url));
  if (address !== undefined && !mayReach(address)) return parameterFault('url', url, 'a host that is public');
  if (types === null) return { url, types };
  const isList = Array.isArray(types) && types.length > 0 && types.every((type) => typeof type === 'string');
  return isList && areTypes(types) ? { url, types } : parameterFault('types', types, TYPES_RULE);
}

function refuseForNow(error: unknown): never {
  throw error instanceof TwoSecretsError ? new HttpRefusedError(409, error.message) : error;
}

function idIn({ params: { id } }: FastifyRequest<OfOne>): number {
  if (/^[1-9][0-9]{0,8}$/.test(id)) return Number(id);
  throw unknown();
}

function found(webhook: Webhook | undefined): Webhook {
  if (webhook === undefined) throw unknown();
  return webhook;
}

function unknown(): HttpRefusedError {
  return new HttpRefusedError(404, 'No such webhook, or no such event.');
}

function fresh(reply: FastifyReply): FastifyReply {
  return reply.header('cache-control', 'no-store');
}

function bodyOf({ organization: _organization, ...webhook }: Webhook) {
  return webhook;
}
