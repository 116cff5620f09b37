import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { isKeyFault, readKey } from '../forms/key-text.js';
import { HttpRefusedError } from '../http/http-refused.js';
import { offerStatuses } from '../model/sed-grp-offer.js';
import { listRequests } from '../registry/journal/journalled-requests.js';
import { accountPage } from './account-page.js';
import { type Change, type ChangeParts, carryOut } from './change.js';
import { formOf, sendPage, visitorOf } from './exchange.js';
import { find } from './find.js';
import { findPage } from './find-page.js';
import { homePage } from './home-page.js';
import { readObject } from './object.js';
import { objectPage } from './object-page.js';
import { readOfferPage } from './offers.js';
import { offersPage, surePage } from './offers-page.js';
import { requestPath } from './paths.js';
import { type Query, rowIn, shown, textIn } from './query.js';
import { readRequest, requestPage } from './request-page.js';
import { requestsPage } from './requests-page.js';
import type { Sessions } from './sessions.js';

/** The sessions of one's own credential. */
export function addAccount(scope: FastifyInstance, sessions: Sessions): void {
  scope.get('/console/account', async (request, reply) => {
    const visitor = visitorOf(request);
    return sendPage(request, reply, accountPage(await sessions.list(visitor), visitor));
  });
  scope.post('/console/account/end', async (request, reply) => {
    const id = formOf(request).get('session') ?? '';
    if (!/^\d{1,9}$/.test(id)) throw new HttpRefusedError(400, `session “${id}”: the number of a session.`);
    await sessions.end({ ...visitorOf(request), sessionId: Number(id) });
    return reply.redirect('/console/account', 303);
  });
}

/** Requests on a page. */
const MAX_REQUESTS = 100;

/** The pages that show what is there. What a visitor may not see is answered like what is not there. */
export function addReading(scope: FastifyInstance, pool: Pool): void {
  scope.get('/console', (request, reply) => sendPage(request, reply, homePage(visitorOf(request))));
  scope.get<{ Querystring: Query }>('/console/find', async (request, reply) => {
    const visitor = visitorOf(request);
    const text = textIn(request.query, 'q').trim();
    return sendPage(request, reply, findPage(text, await find(pool, text, visitor), visitor));
  });
  scope.get<{ Querystring: Query }>('/console/object', async (request, reply) => {
    const visitor = visitorOf(request);
    const key = readKey(textIn(request.query, 'key'), undefined);
    if (isKeyFault(key)) throw new HttpRefusedError(400, `${key.field} “${key.value}”: ${key.rule}.`);
    const state = shown(await readObject(pool, key, visitor));
    return sendPage(request, reply, objectPage(key, state, visitor));
  });
  scope.get<{ Querystring: Query }>('/console/requests', async (request, reply) => {
    const visitor = visitorOf(request);
    const registrarId = visitor.kind === 'registrar' ? visitor.caller.registrarId : undefined;
    const page = await listRequests(pool, registrarId, rowIn(request.query, 'before'), MAX_REQUESTS);
    return sendPage(request, reply, requestsPage(page, visitor));
  });
  scope.get<{ Querystring: Query }>('/console/request', async (request, reply) => {
    const visitor = visitorOf(request);
    const state = shown(await readRequest(pool, textIn(request.query, 'id'), visitor));
    return sendPage(request, reply, requestPage(state, visitor));
  });
}

/** Offers, and answers to them by the registrars that may give them. */
export function addOffers(scope: FastifyInstance, pool: Pool, parts: ChangeParts): void {
  scope.get<{ Querystring: Query }>('/console/offers', async (request, reply) => {
    const visitor = visitorOf(request);
    const filter = {
      status: offerStatuses.find((each) => each === textIn(request.query, 'status')),
      after: rowIn(request.query, 'after') ?? 0,
    };
    return sendPage(request, reply, offersPage(await readOfferPage(pool, filter, visitor), filter, visitor));
  });
  scope.post('/console/offers', async (request, reply) => {
    const visitor = visitorOf(request);
    if (visitor.kind === 'operator') throw new HttpRefusedError(403, 'Registrars answer offers; operators do not.');
    const form = formOf(request);
    const answer = form.get('answer');
    if (answer !== 'accept' && answer !== 'reject') {
      throw new HttpRefusedError(400, `answer “${answer ?? ''}”: accept or reject.`);
    }
    const offerKey = form.get('key') ?? '';
    const key = readKey(offerKey, undefined);
    if (isKeyFault(key)) throw new HttpRefusedError(400, `${key.field} “${key.value}”: ${key.rule}.`);
    if (key.kind !== 'SedGrpOfferKeyType') throw new HttpRefusedError(400, `key “${offerKey}”: the key of an offer.`);
    const isSure = form.get('sure') === 'yes';
    const change: Change = {
      verb: answer,
      subjects: [key],
      mode: isSure ? 'atomic' : 'validate',
    };
    const response = await carryOut(request, visitor.caller, change, parts);
    // A page that is loaded again must not answer again.
    if (isSure) return reply.redirect(requestPath(response.serverTransId), 303);
    return sendPage(request, reply, surePage({ answer, offerKey }, response, visitor));
  });
}
