import type { FastifyRequest } from 'fastify';
import { type Cookie, valueIn } from '../login/cookie.js';

/** The cookie with the zone of a reader, which a browser keeps for a year. */
export const ZONE: Cookie = {
  ...{ https: '__Host-sppp-zone', http: 'sppp-console-zone' },
  maxAge: 365 * 86_400,
};

/** The zones that a reader may choose, by their names in the IANA database. */
export const zones: readonly string[] = Intl.supportedValuesOf('timeZone').filter((each) => each !== 'UTC');

const known: ReadonlySet<string> = new Set(zones);

/** Whether a text is the name of a zone that a reader may choose. */
export function isZone(text: string): boolean {
  return known.has(text);
}

/** The zone that a reader has chosen; undefined: UTC alone. */
export function zoneIn(request: FastifyRequest): string | undefined {
  const zone = valueIn(request, ZONE);
  return zone !== undefined && isZone(zone) ? zone : undefined;
}
