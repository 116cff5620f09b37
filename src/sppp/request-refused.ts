import type { Result } from './result.js';

/**
 * Ends the reading of a request that cannot be carried out as a whole: it is not what the schema says (2000), too large
 * (2001), of another version (2002) or a command that is not to be run (2100). Nothing of it is applied.
 */
export class RequestRefusedError extends Error {
  constructor(readonly result: Result) {
    super(result.reason ?? `refused with ${result.code}`);
    this.name = 'RequestRefusedError';
  }
}
