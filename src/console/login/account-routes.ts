import type { FastifyInstance } from 'fastify';
import { HttpRefusedError } from '../../http/http-refused.js';
import { formOf, sendPage, visitorOf } from '../exchange.js';
import { accountPage } from './account-page.js';
import type { Sessions } from './sessions.js';

/** The sessions of one's own credential. */
export function addAccount(scope: FastifyInstance, sessions: Sessions): void {
  scope.get('/console/account', async (request, reply) => {
    const visitor = visitorOf(request);
    return sendPage(request, reply, accountPage(await sessions.list(visitor), visitor));
  });
  scope.post('/console/account/end', async (request, reply) => {
    const id = formOf(request).get('session') ?? '';
    if (!/^\d{1,9}$/.test(id)) throw new HttpRefusedError(400, `session “${id}”: the number of a session.`);
    await sessions.end({ ...visitorOf(request), sessionId: Number(id) });
    return reply.redirect('/console/account', 303);
  });
}
