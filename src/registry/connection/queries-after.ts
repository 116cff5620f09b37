import type { ClientBase } from 'pg';
import { isExchange } from './exchange.js';

/**
 * The same connection for work that follows other work on it: its queries wait until that other work has ended. If that
 * work fails, the queries fail with its error and are never sent.
 *
 * @param before the work that the queries wait for
 */
export function queriesAfter(before: Promise<unknown>, db: ClientBase): ClientBase {
  let hasEnded = false;
  before.then(
    () => {
      hasEnded = true;
    },
    () => undefined, // Each query rejects with the error.
  );
  const send = (asked: unknown[]): unknown => Reflect.apply(db.query, db, asked);
  const query = (...asked: unknown[]): unknown => {
    if (hasEnded) return send(asked);
    const [exchange] = asked;
    if (!isExchange(exchange)) return before.then(() => send(asked));
    before.then(
      () => send(asked),
      (error: unknown) => exchange.handleError(error),
    );
    return exchange;
  };
  return Object.create(db, { query: { value: query } });
}
