import type { FastifyReply, FastifyRequest } from 'fastify';
import { clientAddress } from '../../http/client-address.js';
import { giveToken } from './cookie.js';
import type { AcceptedLogin } from './login.js';
import type { Sessions } from './sessions.js';

/** Begins a session, and leads to a page of the console. */
export async function letIn(
  request: FastifyRequest,
  reply: FastifyReply,
  { credential, ha1Sha256 }: AcceptedLogin,
  next: string,
  sessions: Sessions,
): Promise<FastifyReply> {
  const agent = request.headers['user-agent'] ?? '';
  giveToken(request, reply, await sessions.open(credential, ha1Sha256, clientAddress(request), agent));
  return reply.redirect(next, 303);
}
