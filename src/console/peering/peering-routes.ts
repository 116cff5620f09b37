import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { sendPage, visitorOf } from '../exchange.js';
import { draw } from '../pictures/graphviz.js';
import { type Query, textIn } from '../query.js';
import { matrixOf } from './matrix.js';
import { readPeering } from './peering.js';
import { peeringPage } from './peering-page.js';
import { sketchOfPeerings } from './peering-sketch.js';

/** Who peers with whom. */
export function addPeering(scope: FastifyInstance, pool: Pool): void {
  scope.get<{ Querystring: Query }>('/console/peering', async (request, reply) => {
    const visitor = visitorOf(request);
    const filter = { organization: textIn(request.query, 'organization'), peer: textIn(request.query, 'peer') };
    const state = await readPeering(pool, filter, visitor);
    const sketch = sketchOfPeerings(state.peerings);
    const drawing = sketch && (await draw(sketch));
    const matrix = sketch === undefined ? matrixOf(state.peerings) : undefined;
    return sendPage(request, reply, peeringPage({ ...state, filter, drawing, matrix, visitor }));
  });
}
