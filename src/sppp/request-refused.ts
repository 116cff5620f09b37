import type { Result } from './result.js';

/**
 * Thrown for a request that cannot be carried out as a whole: invalid by the schema (2000), too large (2001), of
 * another version (2002), an invalid command (2100), or at an unfavourable moment (2300). Nothing of it is applied.
 */
export class RequestRefusedError extends Error {
  constructor(readonly result: Result) {
    super(result.reason ?? `refused with ${result.code}`);
    this.name = 'RequestRefusedError';
  }
}
