import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { sendPage, visitorOf } from './exchange.js';
import { organizationPage, readOrganization } from './organization-page.js';
import { type Query, shown, textIn } from './query.js';

/** What the pages of organizations need. */
export interface OrganizationRoutesParts {
  readonly pool: Pool;
}

/** Organizations: for operators all, for a registrar itself and those that it acts for. */
export function addOrganizations(scope: FastifyInstance, { pool }: OrganizationRoutesParts): void {
  scope.get<{ Querystring: Query }>('/console/organization', async (request, reply) => {
    const visitor = visitorOf(request);
    const state = shown(await readOrganization(pool, textIn(request.query, 'id'), visitor));
    return sendPage(request, reply, organizationPage(state, visitor));
  });
}
