import type { Caller } from '../authority/caller.js';
import { HttpRefusedError } from '../http/http-refused.js';
import type { Visitor } from './visitor.js';

/**
 * The registrar that changes its objects on a page.
 *
 * @throws HttpRefusedError 403 for operators
 */
export function requireRegistrar(visitor: Visitor): Caller {
  if (visitor.kind === 'operator') throw new HttpRefusedError(403, 'Registrars change objects; operators do not.');
  return visitor.caller;
}
