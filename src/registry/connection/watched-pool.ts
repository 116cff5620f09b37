import type { Pool, PoolClient } from 'pg';
import { isExchange } from './exchange.js';

/** Called when a statement begins; what it returns is called when the statement has ended. */
export type OnStatement = (statement: string) => () => void;

/**
 * The same pool, which reports the statements of the connections that are taken through it. Connections that others take
 * from the pool are not watched.
 */
export function watchedPool(pool: Pool, watch: OnStatement): Pool {
  const connect = async (): Promise<PoolClient> => {
    const end = watch('wait for a connection');
    return watched(await pool.connect().finally(end), watch);
  };
  const query = async (...asked: Parameters<Pool['query']>) => {
    const end = watch(nameOf(asked[0]));
    return Promise.resolve(pool.query(...asked)).finally(end);
  };
  return Object.create(pool, { connect: { value: connect }, query: { value: query } });
}

/** Watches a connection until it is given back. */
function watched(client: PoolClient, watch: OnStatement): PoolClient {
  const { query, release } = client;
  const ask = (...asked: Parameters<PoolClient['query']>): unknown => {
    const end = watch(nameOf(asked[0]));
    const answer: unknown = Reflect.apply(query, client, asked);
    if (answer instanceof Promise) return answer.finally(end);
    if (isExchange(answer)) answer.ended.then(end, end);
    return answer;
  };
  const watching: PropertyDescriptorMap = {
    query: { value: ask, configurable: true },
    release: {
      value: (error?: Error | boolean) => {
        Reflect.deleteProperty(client, 'query');
        client.release = release;
        release.call(client, error);
      },
      configurable: true,
      writable: true,
    },
  };
  return Object.defineProperties(client, watching);
}

/** The name of a prepared statement, else the words that say what another one does; never what is in it. */
function nameOf(asked: unknown): string {
  if (typeof asked === 'object' && asked !== null && 'name' in asked && typeof asked.name === 'string')
    return asked.name;
  const text = typeof asked === 'object' && asked !== null && 'text' in asked ? asked.text : asked;
  return /^\s*([A-Za-z]+)/.exec(String(text))?.[1]?.toUpperCase() ?? 'statement';
}
