import { notAllowed, type Result } from '../sppp/result.js';
import type { Caller } from './caller.js';

/**
 * Who may do what (RFC 7877 §9.2). An organization that is not known and one that is somebody else's get the same
 * answer, so that nothing is told of what others have.
 */

/** Whether the caller may add an object of this registrant under this registrar; the refusal, or undefined. */
export function mayAdd(caller: Caller, { rant, rar }: { rant: string; rar: string }): Result | undefined {
  if (rar !== caller.registrar) return notAllowed('rar', rar, 'not the authenticated registrar');
  return mayAct(caller, rant);
}

/** Whether the caller may read, change or delete what belongs to this registrant; the refusal, or undefined. */
export function mayAct(caller: Caller, rant: string): Result | undefined {
  return caller.grants.has(rant) ? undefined : notAllowed('rant', rant, 'no grant for this registrant');
}

/** Whether the caller may answer an offer, as or for the organization that it was made to (RFC 7877 §7.4, §7.5). */
export function mayAnswer(caller: Caller, offeredTo: string): Result | undefined {
  return caller.grants.has(offeredTo) ? undefined : notAllowed('offeredTo', offeredTo, 'no grant for the recipient');
}

/** Whether the caller may read an offer: both of its sides may. */
export function mayReadOffer(caller: Caller, rant: string, offeredTo: string): Result | undefined {
  return caller.grants.has(offeredTo) ? undefined : mayAct(caller, rant);
}
