import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import type { Operator } from '../authority/operator.js';
import { operatorParameters, readEventQuery } from '../queue/event-query.js';
import { nextEvents } from '../queue/next-events.js';
import type { EventSelection } from '../registry/events/event-selection.js';
import { organizationOf, readEvents, readHorizon } from '../registry/events/read-events.js';
import { type EventsRouteParts, sendPage } from './events-route.js';
import { eventsSchemas } from './events-schema.js';
import type { AdmitOperator } from './operator-access.js';
import { sendFault } from './parameter-fault.js';
import { readsParameters } from './route-schema.js';

/** What the route of operators needs. */
export interface OperatorEventsParts extends EventsRouteParts {
  readonly pool: Pool;
  readonly admit: AdmitOperator;
  /** The same operator after the request has waited. */
  readonly authenticateAgain: (request: FastifyRequest, username: string) => Promise<Operator>;
}

/** `GET /operator/events`: the events of all organizations and those for operators, as `GET /events` answers. */
export function addOperatorEventsRoute(app: FastifyInstance, parts: OperatorEventsParts): void {
  const { readers, drain, pool, registry, admit, authenticateAgain } = parts;
  app.get<{ Querystring: Record<string, unknown> }>(
    '/operator/events',
    { exposeHeadRoute: false, schema: eventsSchemas.operatorRead, ...readsParameters },
    async (request, reply) => {
      const { username } = await admit(request, 'view', 'Event');
      const query = readEventQuery(request.query, operatorParameters);
      if ('rule' in query) return sendFault(reply, query);
      const { types, organization, wait, limit } = query;
      const after = query.after ?? (await readHorizon(pool)).forgotten;
      const organizationId = organization === undefined ? undefined : await organizationOf(pool, organization);
      if (organizationId === undefined && organization !== undefined) {
        return sendFault(reply, { field: 'organization', value: organization, rule: 'an organization that is known' });
      }
      const select = async (): Promise<EventSelection> => {
        await authenticateAgain(request, username);
        return { types, organizationId, reach: undefined };
      };
      const read = (selection: EventSelection, position: number) => readEvents(pool, selection, position, limit);
      const left = drain.disconnected(request.raw.socket);
      const page = await nextEvents(readers, { select, read, wait: wait * 1000, left }, after);
      return sendPage(request, reply, page, after, registry);
    },
  );
}
