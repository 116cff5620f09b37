import type { QueryConfig } from 'pg';
import { isExchange } from './exchange.js';
import type { QueuedConnection } from './queued-connection.js';

/**
 * The same connection for work that comes after other work on it: its statements wait until that has ended. If the work
 * before fails, they fail with its error and never reach the database.
 *
 * @param before the work whose end they wait for
 */
export function queriesAfter(before: Promise<unknown>, db: QueuedConnection): QueuedConnection {
  let hasEnded = false;
  before.then(
    () => {
      hasEnded = true;
    },
    () => undefined, // Each query is rejected.
  );
  const ask = (asked: unknown[]): unknown => Reflect.apply(db.query, db, asked);
  const query = (...asked: unknown[]): unknown => {
    if (hasEnded) return ask(asked);
    const [exchange] = asked;
    if (!isExchange(exchange)) return before.then(() => ask(asked));
    before.then(
      () => ask(asked),
      (error: unknown) => exchange.handleError(error),
    );
    return exchange;
  };
  const send = (statement: QueryConfig): void => {
    if (hasEnded) db.send(statement);
    else
      before.then(
        () => db.send(statement),
        () => undefined, // The failure of the work before ends the transaction.
      );
  };
  return Object.create(db, { query: { value: query }, send: { value: send } });
}
