import type { Pool } from 'pg';

/** Tells when an idle connection of a pool breaks, which the pool replaces by itself; of those of a pool that ends, not. */
export function tellOfLost(pool: Pool, tell: (error: Error) => void): void {
  pool.on('error', (error) => {
    // pg hangs the whole client on the error, its password included: that must not get into a log.
    if (!pool.ending) tell(new Error(error.message));
  });
  // One that breaks while a request holds it is that request's failure; without a listener it would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
}
