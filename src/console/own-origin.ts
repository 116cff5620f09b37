import type { FastifyRequest } from 'fastify';
import { HttpRefusedError } from '../http/http-refused.js';

/**
 * Refuses a change that a page of another origin asks for: browsers say in Sec-Fetch-Site, and older ones in Origin, where
 * a form stands.
 *
 * @throws HttpRefusedError 403
 */
export function requireOwnOrigin({ headers }: Pick<FastifyRequest, 'headers'>): void {
  const { 'sec-fetch-site': site, origin, host } = headers;
  const isOwn = site !== undefined ? site === 'same-origin' : origin !== undefined && hostOf(origin) === host;
  if (!isOwn) throw new HttpRefusedError(403, 'This form does not come from the console; open it there and try again.');
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
