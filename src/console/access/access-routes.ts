import type { FastifyInstance } from 'fastify';
import { formOf, sendPage, visitorOf } from '../exchange.js';
import { addPlannedChange, type Plan } from '../planned-routes.js';
import { type Query, shown, textIn } from '../query.js';
import { requireOperator } from '../require-operator.js';
import { certificatePlans, readCertificateForm } from './certificate-changes.js';
import { type CredentialChangesParts, credentialPlans, requireCredentials } from './credential-changes.js';
import { grantPlans, readPair } from './grant-changes.js';
import { grantsPage } from './grants-page.js';

/** How registrars log in, and what they may do: grants, and the changes that operators make of these. */
export function addAccess(scope: FastifyInstance, parts: CredentialChangesParts): void {
  const { prisma } = parts;
  const addAll = (path: string, plans: Readonly<Record<string, Plan>>) => {
    for (const [change, plan] of Object.entries(plans)) addPlannedChange(scope, `/console/${path}/${change}`, plan);
  };
  addAll('credential', credentialPlans(parts));
  addAll('certificate', certificatePlans(parts));
  addAll('grants', grantPlans(prisma));
  // A certificate is too long for an address; the page that accepts it has its fingerprint.
  scope.post('/console/certificate/read', async (request, reply) => {
    requireCredentials(visitorOf(request));
    return reply.redirect(`/console/certificate/add?${readCertificateForm(formOf(request))}`, 303);
  });
  scope.get<{ Querystring: Query }>('/console/grants', async (request, reply) => {
    const visitor = visitorOf(request);
    const { query } = request;
    if (visitor.kind === 'operator') requireOperator(visitor, 'view', 'Grant');
    else {
      // A registrar sees its own alone.
      const isOwn = visitor.caller.registrar === textIn(query, 'registrar');
      shown(isOwn && visitor.caller.grants.has(textIn(query, 'registrant')) ? visitor : undefined);
    }
    return sendPage(request, reply, grantsPage(await readPair(prisma, query), visitor));
  });
}
