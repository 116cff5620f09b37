import type { Pool } from 'pg';

/** Reports each idle connection of a pool that breaks, until the pool ends. The pool replaces it by itself. */
export function reportLostConnections(pool: Pool, report: (error: Error) => void): void {
  pool.on('error', (error) => {
    // pg attaches the client to the error, its password included. That must not get into a log.
    if (!pool.ending) report(new Error(error.message));
  });
  // If a connection breaks while a request uses it, that request fails. Without a listener the process would end.
  pool.on('connect', (client) => client.on('error', () => undefined));
}
