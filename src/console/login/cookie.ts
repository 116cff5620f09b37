import type { FastifyReply, FastifyRequest } from 'fastify';
import { clientProtocol } from '../../http/client-address.js';

/** Over HTTPS no other host and no page over HTTP can set the cookie (RFC 6265bis §4.1.3.2); loopback has no HTTPS. */
const NAME = { https: '__Host-sppp', http: 'sppp-console' } as const;

const settings = (request: FastifyRequest) =>
  ({ path: '/', httpOnly: true, sameSite: 'lax', secure: clientProtocol(request) === 'https' }) as const;

/** The token of the session that a request belongs to, as its browser sends it. */
export function tokenIn(request: FastifyRequest): string | undefined {
  return request.cookies[NAME[clientProtocol(request)]];
}

/** Gives the browser the token of a session; undefined takes it away. The browser forgets it when it is closed. */
export function giveToken(request: FastifyRequest, reply: FastifyReply, token: string | undefined): void {
  const name = NAME[clientProtocol(request)];
  if (token === undefined) reply.clearCookie(name, settings(request));
  else reply.setCookie(name, token, settings(request));
}
