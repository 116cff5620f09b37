import type { FastifyReply, FastifyRequest } from 'fastify';
import { clientProtocol } from '../../http/client-address.js';

/** A cookie of the console: over HTTPS no other host and no page over HTTP can set it (RFC 6265bis §4.1.3.2); loopback has no HTTPS. */
export interface Cookie {
  readonly https: `__Host-${string}`;
  readonly http: string;
  /** Seconds that a browser keeps it; undefined: until it is closed. */
  readonly maxAge?: number;
}

const SESSION: Cookie = { https: '__Host-sppp', http: 'sppp-console' };

/** The value of a cookie, as the browser of a request sends it. */
export function valueIn(request: FastifyRequest, cookie: Cookie): string | undefined {
  return request.cookies[cookie[clientProtocol(request)]];
}

/** Gives the browser a value; undefined takes the cookie away. */
export function giveValue(
  request: FastifyRequest,
  reply: FastifyReply,
  cookie: Cookie,
  value: string | undefined,
): void {
  const protocol = clientProtocol(request);
  const { [protocol]: name, maxAge } = cookie;
  const settings = { path: '/', httpOnly: true, sameSite: 'lax', secure: protocol === 'https' } as const;
  if (value === undefined) reply.clearCookie(name, settings);
  else reply.setCookie(name, value, { ...settings, ...(maxAge !== undefined && { maxAge }) });
}

/** The token of the session that a request belongs to, as its browser sends it. */
export function tokenIn(request: FastifyRequest): string | undefined {
  return valueIn(request, SESSION);
}

/** Gives the browser the token of a session; undefined takes it away. The browser forgets it when it is closed. */
export function giveToken(request: FastifyRequest, reply: FastifyReply, token: string | undefined): void {
  giveValue(request, reply, SESSION, token);
}
