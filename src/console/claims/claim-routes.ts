import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { isKeyFault, readKey } from '../../forms/key-text.js';
import { HttpRefusedError } from '../../http/http-refused.js';
import { pubIdName } from '../../model/identity.js';
import type { PubIdKey } from '../../model/key.js';
import { decideClaim } from '../../registry/cor/decisions.js';
import { claimChoices } from '../../registry/cor/find-claims.js';
import { MAX_TARGET } from '../../registry/journal/operator-requests.js';
import { formOf, sendPage, visitorOf } from '../exchange.js';
import { claimPath } from '../paths.js';
import { choiceIn, type Query, rowIn, shown, shownIfKnown, textIn } from '../query.js';
import { requireOperator } from '../require-operator.js';
import { type ClaimDecision, claimPage, decisionPage, decisions } from './claim-page.js';
import { readClaim, readClaims, standing } from './claims.js';
import { claimsPage } from './claims-page.js';

/** What claims are decided with. */
export interface ClaimRoutesParts {
  readonly pool: Pool;
  readonly clock: () => Date;
}

/** Claims to be carrier of record, and the decisions of operators on them. */
export function addClaims(scope: FastifyInstance, { pool, clock }: ClaimRoutesParts): void {
  scope.get<{ Querystring: Query }>('/console/claims', async (request, reply) => {
    const visitor = visitorOf(request);
    if (visitor.kind === 'operator') requireOperator(visitor, 'view', 'Claim');
    const choice = choiceIn(request.query, 'state', claimChoices) ?? 'waiting';
    const list = await readClaims(pool, choice, rowIn(request.query, 'after') ?? 0, visitor);
    return sendPage(request, reply, claimsPage(list, choice, visitor));
  });
  scope.get<{ Querystring: Query }>('/console/claim', async (request, reply) => {
    const visitor = visitorOf(request);
    const operator = requireOperator(visitor, 'view', 'Claim');
    const { query } = request;
    const state = shown(await readClaim(pool, claimKeyIn(query)));
    if (textIn(query, 'decision') === '') return sendPage(request, reply, claimPage(state, operator, visitor));
    requireOperator(visitor, 'change', 'Claim');
    const decided = decisionIn(query, request.url);
    return sendPage(request, reply, decisionPage(state, { ...decided, isLate: false }, visitor));
  });
  scope.post<{ Querystring: Query }>('/console/claim', async (request, reply) => {
    const visitor = visitorOf(request);
    requireOperator(visitor, 'change', 'Claim');
    const key = claimKeyIn(request.query);
    const decided = decisionIn(request.query, request.url);
    const state = shown(await readClaim(pool, key));
    if (formOf(request).get('standing') !== standing(state)) {
      return sendPage(request, reply, decisionPage(state, { ...decided, isLate: true }, visitor), 409);
    }
    await shownIfKnown(decideClaim(pool, pubIdName(key), key.rant, decided.decision === 'accept', clock()));
    return reply.redirect(claimPath(key), 303);
  });
}

/** The key of an identifier that can be claimed: URIs cannot. */
function claimKeyIn(query: Query): PubIdKey {
  const text = textIn(query, 'key');
  const key = readKey(text, undefined);
  if (isKeyFault(key)) throw new HttpRefusedError(400, `${key.field} “${key.value}”: ${key.rule}.`);
  if (key.kind === 'PubIdKeyType' && key.uri === undefined) return key;
  throw new HttpRefusedError(400, `key “${text}”: the key of a number, a range, a prefix or a routing number.`);
}

/** A decision and its reason. They are parts of the address, by which the decision is on record. */
function decisionIn(query: Query, url: string): { readonly decision: ClaimDecision; readonly reason: string } {
  const decision = choiceIn(query, 'decision', decisions);
  if (decision === undefined) throw new HttpRefusedError(400, 'decision “”: accept or refuse.');
  const reason = textIn(query, 'reason').trim();
  if (reason === '') throw new HttpRefusedError(400, 'reason “”: a few words, for the record of the decision.');
  if (url.length <= MAX_TARGET) return { decision, reason };
  const begin = [...reason].slice(0, 40).join('');
  throw new HttpRefusedError(400, `reason “${begin}…”: shorter, so that the record of the decision has all of it.`);
}
