import type { Caller } from '../authority/caller.js';
import type { TooManyRequestsError } from '../intake/accounts.js';
import { HttpRefusedError } from './http-refused.js';

/** The refusal of a registrar that goes on asking for too much. */
export function tooManyRequests(
  { message, slowed }: TooManyRequestsError,
  { registrarId, registrar }: Caller,
): HttpRefusedError {
  const later = { 'retry-after': String(slowed.retryAfter) };
  return new HttpRefusedError(429, message, later, {
    reason: 'tooMany',
    registrar: { id: registrarId, orgId: registrar },
  });
}
