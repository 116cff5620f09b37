import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { isKeyFault, readKey } from '../../forms/key-text.js';
import { HttpRefusedError } from '../../http/http-refused.js';
import { offerStatuses } from '../../model/sed-grp-offer.js';
import { type Change, type ChangeParts, carryOut } from '../change.js';
import { formOf, sendPage, visitorOf } from '../exchange.js';
import { requestPath } from '../paths.js';
import { type Query, rowIn, textIn } from '../query.js';
import { readOfferPage } from './offers.js';
import { offersPage, surePage } from './offers-page.js';

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
