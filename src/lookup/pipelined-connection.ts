import type { Pool, PoolClient } from 'pg';
import { tookTooLong } from '../registry/resolve/resolve.js';

/** A statement that takes longer blocks the connection: the next one uses another connection. */
const SLOW_MS = 10;

/** Time without a statement after which the connection goes back to the pool. */
const IDLE_MS = 20;

/** Time after which a busy connection goes back too: the pool may have to replace it. */
const BORROWED_MS = 60_000;

interface Borrowed {
  readonly client: Promise<PoolClient>;
  readonly since: number;
  underWay: number;
  weight: number;
  isBroken: boolean;
}

/**
 * One connection of a pool for pipelined statements: the next is sent before the answer to the one before has come, so that
 * the database does not wait between them. The connection goes back to the pool when it is idle, and after a failure; only
 * a statement that took too long leaves it as it is.
 */
export class PipelinedConnection {
  readonly #pool: Pool;
  readonly #onFree: () => void;
  readonly #slowMs: number;
  #borrowed: Borrowed | undefined;
  #idle: NodeJS.Timeout | undefined;

  /**
   * @param onFree called when another statement can be sent: one was answered, or has turned out to be slow
   * @param slowMs time after which a statement blocks the connection
   */
  constructor(pool: Pool, onFree: () => void, slowMs = SLOW_MS) {
    this.#pool = pool;
    this.#onFree = onFree;
    this.#slowMs = slowMs;
  }

  /** Statements without an answer yet on this connection. */
  get underWay(): number {
    return this.#borrowed?.underWay ?? 0;
  }

  /** The weights of these statements, added up. */
  get weight(): number {
    return this.#borrowed?.weight ?? 0;
  }

  /** Runs code that sends a statement or two. Throws what that code throws, and what the pool throws. */
  async use<T>(statement: (client: PoolClient) => Promise<T>, weight = 1): Promise<T> {
    const now = performance.now();
    if (this.#borrowed !== undefined && now - this.#borrowed.since > BORROWED_MS) this.#detach(this.#borrowed);
    this.#borrowed ??= { client: this.#pool.connect(), since: now, underWay: 0, weight: 0, isBroken: false };
    const borrowed = this.#borrowed;
    borrowed.underWay += 1;
    borrowed.weight += weight;
    let late: NodeJS.Timeout | undefined;
    try {
      const client = await borrowed.client;
      late = setTimeout(() => {
        this.#detach(borrowed);
        this.#onFree();
      }, this.#slowMs);
      return await statement(client);
    } catch (error) {
      // A new connection would only be slower: it knows no plan yet.
      if (!tookTooLong(error)) borrowed.isBroken = true;
      throw error;
    } finally {
      clearTimeout(late);
      borrowed.underWay -= 1;
      borrowed.weight -= weight;
      if (borrowed.isBroken) this.#detach(borrowed);
      this.#onFree();
      if (borrowed.underWay === 0) this.#startIdling(borrowed);
    }
  }

  #startIdling(borrowed: Borrowed): void {
    if (borrowed !== this.#borrowed) this.#release(borrowed);
    else if (this.#idle !== undefined) this.#idle.refresh();
    else {
      this.#idle = setTimeout(() => {
        if (this.#borrowed?.underWay === 0) this.#release(this.#borrowed);
      }, IDLE_MS);
    }
  }

  #release(borrowed: Borrowed): void {
    this.#detach(borrowed);
    const release = (client: PoolClient) => client.release(borrowed.isBroken);
    void borrowed.client.then(release, () => undefined);
  }

  #detach(borrowed: Borrowed): void {
    if (this.#borrowed === borrowed) this.#borrowed = undefined;
  }
}
