import type { PoolClient, QueryConfig, QueryResult } from 'pg';
import { type Exchange, isExchange } from './exchange.js';
import type { Sender } from './statement.js';
import { type Asked, StatementsExchange } from './statements-exchange.js';

/**
 * A connection whose statements go to the database together: those that are asked for without waiting for an answer in
 * between, and those that are asked for while it works on others.
 */
export interface QueuedConnection extends PoolClient, Sender {
  /** Waits until what was asked for so far has been answered. Throws what a statement that was sent has failed with. */
  answered(): Promise<void>;
  /** Forgets what has not gone to the database, and waits for the rest. */
  drop(): Promise<void>;
}

/** The same connection with a queue. Without statements in its queue it may be used as before. */
export function queuedConnection(client: PoolClient): QueuedConnection {
  const queue = new StatementQueue(client);
  return Object.create(client, {
    query: { value: queue.query.bind(queue) },
    send: { value: queue.send.bind(queue) },
    answered: { value: queue.answered.bind(queue) },
    drop: { value: queue.drop.bind(queue) },
  });
}

class StatementQueue {
  readonly #client: PoolClient;
  readonly #waiting: (Asked | Exchange)[] = [];
  /** Ends when the database has answered what it works on; it never fails. */
  #underWay: Promise<void> | undefined;
  #isScheduled = false;
  /** Why nothing more is asked for. */
  #failure: { readonly error: unknown } | undefined;
  /** Statements and exchanges that were asked for, and those that have ended. */
  #asked = 0;
  #ended = 0;
  #watchers: { readonly after: number; readonly resolve: () => void }[] = [];

  constructor(client: PoolClient) {
    this.#client = client;
  }

  query(asked: string | QueryConfig | Exchange, values?: unknown[]): Promise<QueryResult> | Exchange {
    if (isExchange(asked)) {
      this.#add(asked);
      return asked;
    }
    const config = typeof asked === 'string' ? { text: asked, ...(values && { values }) } : asked;
    return new Promise((resolve, reject) => this.#add({ config, resolve, reject }));
  }

  send(config: QueryConfig): void {
    const reject = (error: unknown) => {
      this.#failure ??= { error };
    };
    this.#add({ config, resolve: () => undefined, reject });
  }

  async answered(): Promise<void> {
    const after = this.#asked;
    if (this.#ended < after) await new Promise<void>((resolve) => this.#watchers.push({ after, resolve }));
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async drop(): Promise<void> {
    this.#failure ??= { error: new Error('the transaction was undone') };
    this.#refuse(this.#failure.error);
    await this.#underWay;
  }

  #add(asked: Asked | Exchange): void {
    this.#asked += 1;
    this.#waiting.push(asked);
    this.#schedule();
  }

  /** What is asked for in the same turn of the event loop goes together. */
  #schedule(): void {
    if (this.#isScheduled || this.#underWay !== undefined || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    process.nextTick(() => {
      this.#isScheduled = false;
      if (this.#failure !== undefined) this.#refuse(this.#failure.error);
      else this.#ask();
    });
  }

  /** Has the database work on the first exchange that waits, or on the statements before it. */
  #ask(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    const statements = this.#takeStatements();
    if (isExchange(first)) this.#waiting.shift();
    const exchange = isExchange(first) ? first : new StatementsExchange(statements, this.#client);
    const end = () => {
      this.#underWay = undefined;
      this.#end(Math.max(statements.length, 1));
      this.#schedule();
    };
    this.#underWay = exchange.ended.then(end, end);
    this.#client.query(exchange);
  }

  #takeStatements(): Asked[] {
    const statements: Asked[] = [];
    for (const asked of this.#waiting) {
      if (isExchange(asked)) break;
      statements.push(asked);
    }
    this.#waiting.splice(0, statements.length);
    return statements;
  }

  #refuse(error: unknown): void {
    const refused = this.#waiting.splice(0);
    for (const asked of refused) {
      if (isExchange(asked)) asked.handleError(error);
      else asked.reject(error);
    }
    this.#end(refused.length);
  }

  #end(count: number): void {
    this.#ended += count;
    const over = this.#watchers.filter(({ after }) => after <= this.#ended);
    this.#watchers = this.#watchers.filter(({ after }) => after > this.#ended);
    for (const { resolve } of over) resolve();
  }
}
