import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import { listObjects } from '../operations/list.js';
import { readListFilter } from '../operations/list-filter.js';
import type { Admitted } from './authenticate.js';
import { objectsSchema } from './objects-schema.js';
import { sendFault } from './parameter-fault.js';
import type { Pulls } from './pulls.js';
import { readsParameters } from './route-schema.js';

/**
 * `GET /objects`: everything that a registrar may read, which SPPP has no operation for: what a Get of each key would answer
 * (RFC 7878 §7.2.6), from one state of the registry, as lines of JSON in the order of their keys.
 */
export function addObjectsRoute(
  app: FastifyInstance,
  pool: Pool,
  pulls: Pulls,
  clock: () => Date,
  authenticate: (request: FastifyRequest) => Admitted | Promise<Admitted>,
): void {
  app.get<{ Querystring: Record<string, unknown> }>(
    '/objects',
    { exposeHeadRoute: false, schema: objectsSchema, ...readsParameters },
    async (request, reply) => {
      const { caller } = await authenticate(request);
      const filter = readListFilter(request.query);
      if ('rule' in filter) return sendFault(reply, filter);
      return pulls.send(request, reply, caller, 'list of objects', (unwanted) =>
        listObjects(filter, caller, pool, clock(), unwanted),
      );
    },
  );
}
