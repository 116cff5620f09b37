import type { Pool, PoolClient, QueryConfig } from 'pg';
import { isExchange } from './exchange.js';
import { statementName } from './statement.js';

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
    const [name = 'statement'] = namesOf(asked[0]);
    const end = watch(name);
    return Promise.resolve(pool.query(...asked)).finally(end);
  };
  return Object.create(pool, { connect: { value: connect }, query: { value: query } });
}

/** Watches a connection until it is given back. */
function watched(client: PoolClient, watch: OnStatement): PoolClient {
  const { query, release } = client;
  const ask = (...asked: Parameters<PoolClient['query']>): unknown => {
    const ends = namesOf(asked[0]).map((name) => watch(name));
    const endAll = () => {
      for (const end of ends) end();
    };
    const answer: unknown = Reflect.apply(query, client, asked);
    if (answer instanceof Promise) return answer.finally(endAll);
    if (isExchange(answer)) answer.ended.then(endAll, endAll);
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

function namesOf(asked: unknown): readonly string[] {
  if (isExchange(asked)) return asked.statements;
  return [statementName(typeof asked === 'string' ? { text: asked } : (asked as QueryConfig))];
}
