import { isConflict, isUnprepared } from '../registry/connection/database-error.js';
import { TooOldError } from './data-age.js';

/**
 * Does work again if it fails with what is likely to be over then. A standby gives up statements that hold up what it has to
 * replay: once more. The same where a statement was to be prepared by the one sent before it, which has failed. Where the data
 * are too old, the connection was given up: once for each connection that may lead to the same host, until a new one leads to
 * another.
 */
export async function retry<T>(work: () => Promise<T>, connections: number): Promise<T> {
  let [other, tooOld] = [1, connections];
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const left = error instanceof TooOldError ? tooOld-- : isConflict(error) || isUnprepared(error) ? other-- : 0;
      if (left === 0) throw error;
    }
  }
}
