import type { ClientBase } from 'pg';
import { isExchange } from './exchange.js';

/**
 * The same connection for work that comes after other work on it: its queries wait until that has ended. If the work
 * before fails, they fail with its error and never reach the database.
 *
 * @param before the work whose end they wait for
 */
export function queriesAfter(before: Promise<unknown>, db: ClientBase): ClientBase {
  let hasEnded = false;
  before.then(
    () => {
      hasEnded = true;
    },
    () => undefined, // Each query is told.
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
