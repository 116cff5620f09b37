import type { Pool } from 'pg';

/** Reports each idle connection of a pool that breaks, until the pool ends. The pool replaces it by itself. */
export function reportLostConnections(pool: Pool, report: (error: Error) => void): void {
  pool.on('error', (error) => {
    // pg hangs the whole client on the error, its password included: that must not get into a log.
    if (!pool.ending) report(new Error(error.message));
  });
  // One that breaks while a request holds it is that request's failure; without a listener it would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
}
