import type { WorkerEvents } from 'graphile-worker';
import type { Pool, PoolClient, QueryConfig, QueryResult } from 'pg';

type Connected = Parameters<Pool['connect']>[0];

/**
 * A pool for graphile-worker. That gives a job back without waiting for the outcome, so an error of the database there would be
 * nobody's, and end the process. What it asks then, between two of its events, is asked again until the database has done it.
 *
 * @param untilAskedAgain is told of the error, and resolves when the database is to be asked again: never, once the node stops
 */
export function givingBack(pool: Pool, events: WorkerEvents, untilAskedAgain: (error: unknown) => Promise<void>): Pool {
  let isGivenBack = false;
  const begin = () => {
    isGivenBack = true;
  };
  events.on('job:success', begin);
  events.on('job:error', begin);
  events.on('job:complete', () => {
    isGivenBack = false;
  });
  const query = async (statement: QueryConfig): Promise<QueryResult> => {
    for (;;) {
      try {
        return await pool.query(statement);
      } catch (error) {
        await untilAskedAgain(error);
      }
    }
  };
  const asking = { query, release: () => undefined } as unknown as PoolClient;
  const connect = (connected?: Connected) => {
    if (isGivenBack) return Promise.resolve(asking);
    return connected === undefined ? pool.connect() : pool.connect(connected);
  };
  return new Proxy(pool, { get: (target, name) => (name === 'connect' ? connect : Reflect.get(target, name)) });
}
