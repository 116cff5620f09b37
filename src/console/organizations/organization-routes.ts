import type { FastifyInstance } from 'fastify';
import {
  listOrganizations,
  resumeOrganization,
  showOrganization,
  suspendOrganization,
} from '../../registry/access/organizations.js';
import { sendPage, visitorOf } from '../exchange.js';
import { organizationPath } from '../paths.js';
import { type Query, shown, shownIfKnown, textIn } from '../query.js';
import { requireOperator } from '../require-operator.js';
import { type Registry, readAccess, readOrganization } from './organization.js';
import { organizationPage } from './organization-page.js';
import { organizationsPage } from './organizations-page.js';
import { suspensionPage, suspensionSteps } from './suspension-page.js';

/** Organizations on a page. */
const MAX_ORGANIZATIONS = 100;

/** What the pages of organizations need. */
export interface OrganizationRoutesParts extends Registry {
  readonly clock: () => Date;
}

/** Organizations: for operators all, for a registrar itself and those that it acts for. */
export function addOrganizations(scope: FastifyInstance, { pool, prisma, clock }: OrganizationRoutesParts): void {
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
  for (const step of suspensionSteps) {
    const path = `/console/organization/${step}`;
    scope.get<{ Querystring: Query }>(path, async (request, reply) => {
      const visitor = visitorOf(request);
      requireOperator(visitor, 'change', 'Organization');
      const state = await shownIfKnown(showOrganization(pool, textIn(request.query, 'id')));
      return sendPage(request, reply, suspensionPage(state, step, visitor));
    });
    // The id is a part of the address, by which the change is on record.
    scope.post<{ Querystring: Query }>(path, async (request, reply) => {
      requireOperator(visitorOf(request), 'change', 'Organization');
      const id = textIn(request.query, 'id');
      await shownIfKnown(step === 'suspend' ? suspendOrganization(pool, id, clock()) : resumeOrganization(pool, id));
      return reply.redirect(organizationPath(id), 303);
    });
  }
}
