import type { IncomingMessage } from 'node:http';
import cookie from '@fastify/cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SUSPENDED } from '../http/authenticate.js';
import { mayServeCleartext } from '../http/cleartext.js';
import { clientAddress, clientProtocol } from '../http/client-address.js';
import { CachedDocument } from '../http/document-cache.js';
import { HttpRefusedError } from '../http/http-refused.js';
import { enterOperator, recordOperator } from '../http/operator-access.js';
import type { OperatorStatus } from '../http/operator-status.js';
import type { Throttle } from '../http/throttle.js';
import type { WebhookSettings } from '../settings/webhooks.js';
import { addAccess } from './access/access-routes.js';
import type { ChangeParts } from './change.js';
import { addCharts } from './charts/chart-routes.js';
import { addClaims } from './claims/claim-routes.js';
import { addEditing } from './editing/editing-routes.js';
import { addEvents } from './events/event-routes.js';
import { addWebhooks } from './events/webhook-routes.js';
import { formOf, sendPage, visitorOf } from './exchange.js';
import { FormFields } from './form-fields.js';
import { addLists } from './lists/list-routes.js';
import { addAccount } from './login/account-routes.js';
import { giveToken, tokenIn } from './login/cookie.js';
import { addLogin, type LoginRouteParts } from './login/login-routes.js';
import { isFormToken, Sessions } from './login/sessions.js';
import { icon, styleSheet } from './markup/style-sheet.js';
import { addHistory } from './objects/history-routes.js';
import { addObjects } from './objects/object-routes.js';
import { addAgreements } from './offers/agreement-routes.js';
import { addOffers } from './offers/offer-routes.js';
import type { Registry } from './organizations/organization.js';
import { addOrganizations } from './organizations/organization-routes.js';
import { requireOwnOrigin } from './own-origin.js';
import { addPeering } from './peering/peering-routes.js';
import { NOT_SHOWN } from './query.js';
import { refusalPage } from './refusal-page.js';
import { addRequests } from './requests/request-routes.js';
import { readSentForm } from './sent-form.js';
import { addStatus } from './status-route.js';
import { addUpload } from './upload/upload-routes.js';
import type { Visitor } from './visitor.js';
import { addWhy } from './why/why-routes.js';
import { zoneIn } from './zone/zone.js';
import { addZone } from './zone/zone-routes.js';

export interface ConsoleParts extends ChangeParts, Registry, LoginRouteParts {
  readonly readStatus: () => Promise<OperatorStatus>;
  readonly webhooks: WebhookSettings;
  readonly throttle: Pick<Throttle, 'enterOperator'>;
}

/** Bytes of a form at most. */
const MAX_FORM_BYTES = 65_536;

/** No script but our own, no frame, no form that goes elsewhere, and nothing from any other server. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  ...['style-src', 'script-src', 'img-src', 'connect-src', 'form-action'].map((each) => `${each} 'self'`),
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

declare module 'fastify' {
  interface FastifyRequest {
    /** Who looks at a page of the console. */
    visitor: Visitor | undefined;
  }
}

/** Adds the console below `/console`: pages for operators and carriers (docs/console.md). */
export async function addConsole(app: FastifyInstance, parts: ConsoleParts): Promise<void> {
  const { pool, credentials, clock, settings } = parts;
  const sessions = new Sessions(pool, credentials, clock, settings);
  await app.register(async (scope) => {
    await scope.register(cookie);
    readForms(scope);
    scope.decorateRequest('visitor', undefined);
    scope.addHook('onRequest', async (request, reply) => {
      reply.headers({
        'content-security-policy': CONTENT_SECURITY_POLICY,
        'x-frame-options': 'DENY',
        'referrer-policy': 'same-origin',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'no-store',
      });
      refuseCleartext(request);
      if (request.method === 'POST') requireOwnOrigin(request);
    });
    showRefusals(scope, parts);
    addLooks(scope);
    await addLogin(scope, sessions, parts);
    await scope.register(async (inside) => {
      inside.addHook('onRequest', (request, reply) => admit(request, reply, sessions, parts));
      inside.addHook('preHandler', async (request) => {
        if (request.method !== 'POST' || request.visitor === undefined) return;
        if (isFormToken(formOf(request).get('token'), request.visitor)) return;
        throw new HttpRefusedError(403, 'This form is of another session; open it again and try once more.');
      });
      inside.post('/console/logout', async (request, reply) => {
        await sessions.end(visitorOf(request));
        giveToken(request, reply, undefined);
        return reply.redirect('/console/login', 303);
      });
      addAccount(inside, sessions, parts);
      addZone(inside, parts.clock);
      inside.get('/console/', (_request, reply) => reply.redirect('/console', 308));
      // Unknown pages are pages, too; who has not signed in is led to the login first.
      inside.all('/console/*', () => {
        throw new HttpRefusedError(404, NOT_SHOWN);
      });
      addObjects(inside, pool);
      addRequests(inside, parts);
      addCharts(inside, parts);
      addLists(inside, pool);
      addHistory(inside, parts);
      addWhy(inside, parts);
      addPeering(inside, pool);
      addOffers(inside, pool, parts);
      addEditing(inside, pool, parts);
      addUpload(inside, pool, parts);
      addClaims(inside, parts);
      addOrganizations(inside, parts);
      addAccess(inside, parts);
      addEvents(inside, pool);
      addWebhooks(inside, parts);
      addAgreements(inside, parts);
      addStatus(inside, parts.readStatus);
    });
  });
}

function readForms(scope: FastifyInstance): void {
  scope.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: MAX_FORM_BYTES },
    (_request, body, done) => done(null, new FormFields(String(body))),
  );
  scope.addContentTypeParser('multipart/form-data', async (_request: FastifyRequest, body: IncomingMessage) =>
    readSentForm(body),
  );
}

/** Passwords and sessions go over HTTPS alone, or do not leave the machine. */
function refuseCleartext(request: FastifyRequest): void {
  if (clientProtocol(request) === 'https' || mayServeCleartext(clientAddress(request), false)) return;
  throw new HttpRefusedError(403, 'The console is served over HTTPS only; use the https address of the registry.');
}

/** Refusals are pages here. What the server has to say of other errors, its own handler says. */
function showRefusals(scope: FastifyInstance, { countRefusal }: ConsoleParts): void {
  scope.setErrorHandler(async (error, request, reply) => {
    if (!(error instanceof HttpRefusedError)) throw error;
    const { status, reason, headers, refusalOrigin } = error;
    if (refusalOrigin !== undefined) countRefusal(request, status, refusalOrigin);
    for (const [name, value] of Object.entries(headers)) reply.header(name, value);
    return sendPage(request, reply, refusalPage(status, reason, request.visitor), status);
  });
}

/** Finds who looks at a page, or leads to the login. What operators do is recorded before it is answered. */
async function admit(
  request: FastifyRequest,
  reply: FastifyReply,
  sessions: Sessions,
  { pool, clock, throttle }: ConsoleParts,
): Promise<FastifyReply | undefined> {
  const found = await sessions.find(tokenIn(request));
  if (found === 'suspended') {
    throw new HttpRefusedError(403, SUSPENDED);
  }
  request.visitor = found && { ...found, zone: zoneIn(request) };
  if (found?.kind === 'operator') {
    enterOperator(found.operator, throttle);
    await recordOperator(request, found.operator, clock(), pool);
  }
  if (found !== undefined) return undefined;
  giveToken(request, reply, undefined);
  const next = request.method === 'GET' ? `?next=${encodeURIComponent(request.url)}` : '';
  return reply.redirect(`/console/login${next}`, 303);
}

function addLooks(scope: FastifyInstance): void {
  const style = new CachedDocument(styleSheet, 'text/css; charset=utf-8');
  scope.get('/console/style.css', (request, reply) =>
    style.send(request, reply.header('cache-control', 'max-age=3600')),
  );
  const image = new CachedDocument(icon, 'image/svg+xml');
  scope.get('/console/icon.svg', (request, reply) =>
    image.send(request, reply.header('cache-control', 'max-age=86400')),
  );
}
