import type { FastifyInstance } from 'fastify';
import { acceptsFor } from '../../authority/may.js';
import { listAgreements } from '../../registry/access/agreements.js';
import { sendPage, visitorOf } from '../exchange.js';
import { addPlannedChange } from '../planned-routes.js';
import { choiceIn, type Query, rowIn } from '../query.js';
import { requireOperator } from '../require-operator.js';
import { type AgreementChangesParts, agreementPlans } from './agreement-changes.js';
import { agreementsPage } from './agreements-page.js';

/** Agreements on a page. */
const MAX_AGREEMENTS = 100;

/** Whose offers are accepted at once: for a registrar those that it may make, for operators all; and the changes of these. */
export function addAgreements(scope: FastifyInstance, parts: AgreementChangesParts): void {
  const { pool } = parts;
  for (const [change, plan] of Object.entries(agreementPlans(parts))) {
    addPlannedChange(scope, `/console/agreements/${change}`, plan);
  }
  scope.get<{ Querystring: Query }>('/console/agreements', async (request, reply) => {
    const visitor = visitorOf(request);
    if (visitor.kind === 'operator') requireOperator(visitor, 'view', 'Agreement');
    const ofCaller = visitor.kind === 'registrar' ? { offeredToIds: acceptsFor(visitor.caller) } : {};
    const withWithdrawn = choiceIn(request.query, 'withdrawn', ['yes']) === 'yes';
    const after = rowIn(request.query, 'after') ?? 0;
    const filter = { ...ofCaller, withWithdrawn, after, max: MAX_AGREEMENTS + 1 };
    const found = await listAgreements(pool, filter);
    const agreements = found.slice(0, MAX_AGREEMENTS);
    const next = found.length > MAX_AGREEMENTS ? agreements.at(-1)?.id : undefined;
    return sendPage(request, reply, agreementsPage({ agreements, next, withWithdrawn }, visitor));
  });
}
