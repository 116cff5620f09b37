import type { FastifyInstance } from 'fastify';
import { listOrganizations } from '../../registry/access/organizations.js';
import { sendPage, visitorOf } from '../exchange.js';
import { addPlannedChange } from '../planned-routes.js';
import { type Query, shown, shownIfKnown, textIn } from '../query.js';
import { requireOperator } from '../require-operator.js';
import { readAccess, readOrganization } from './organization.js';
import { type OrganizationChangesParts, organizationPlans } from './organization-changes.js';
import { organizationPage } from './organization-page.js';
import { organizationsPage } from './organizations-page.js';

/** Organizations on a page. */
const MAX_ORGANIZATIONS = 100;

/** Organizations: for operators all, for a registrar itself and those that it acts for. */
export function addOrganizations(scope: FastifyInstance, parts: OrganizationChangesParts): void {
  const { pool, prisma } = parts;
  scope.get<{ Querystring: Query }>('/console/organizations', async (request, reply) => {
    const visitor = visitorOf(request);
    requireOperator(visitor, 'view', 'Organization');
    const found = await listOrganizations(pool, textIn(request.query, 'after'), MAX_ORGANIZATIONS + 1);
    const list = {
      organizations: found.slice(0, MAX_ORGANIZATIONS),
      hasMore: found.length > MAX_ORGANIZATIONS,
    };
    return sendPage(request, reply, organizationsPage(list, visitor));
  });
  scope.get<{ Querystring: Query }>('/console/organization', async (request, reply) => {
    const visitor = visitorOf(request);
    const state = shown(await readOrganization(pool, textIn(request.query, 'id'), visitor));
    const access = await shownIfKnown(readAccess(prisma, state.orgId, visitor));
    return sendPage(request, reply, organizationPage(state, access, visitor));
  });
  for (const [change, plan] of Object.entries(organizationPlans(parts))) {
    addPlannedChange(scope, `/console/organization/${change}`, plan);
  }
}
