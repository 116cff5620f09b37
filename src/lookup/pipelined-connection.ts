import type { Pool, PoolClient } from 'pg';

/** Milliseconds after which a statement is no longer waited for: what comes next goes over another connection. */
const SLOW_MS = 10;

/** Milliseconds without a statement after which the connection is given back: a busy line need not take it each time. */
const REST_MS = 20;

interface Taken {
  readonly client: Promise<PoolClient>;
  underWay: number;
  isBroken: boolean;
}

/**
 * One connection of a pool, for statements that are sent one behind the other without waiting for the answers in
 * between, so that the database need not wait either. It is given back when nothing has been under way for a while, and
 * after any failure not used for more, as pools do.
 */
export class PipelinedConnection {
  readonly #pool: Pool;
  readonly #onRoom: () => void;
  readonly #slowMs: number;
  #taken: Taken | undefined;
  #rest: NodeJS.Timeout | undefined;

  /** `onRoom` is called when a statement has been answered, before its answer is made use of, or turned out to be slow. */
  constructor(pool: Pool, onRoom: () => void, slowMs = SLOW_MS) {
    this.#pool = pool;
    this.#onRoom = onRoom;
    this.#slowMs = slowMs;
  }

  /** Statements that the next one would come behind. */
  get underWay(): number {
    return this.#taken?.underWay ?? 0;
  }

  /** Does what takes a statement or two. Throws what it throws, and what the pool does. */
  async use<T>(statement: (client: PoolClient) => Promise<T>): Promise<T> {
    this.#taken ??= { client: this.#pool.connect(), underWay: 0, isBroken: false };
    const taken = this.#taken;
    taken.underWay += 1;
    let late: NodeJS.Timeout | undefined;
    try {
      const client = await taken.client;
      late = setTimeout(() => {
        this.#leave(taken);
        this.#onRoom();
      }, this.#slowMs);
      return await statement(client);
    } catch (error) {
      taken.isBroken = true;
      throw error;
    } finally {
      clearTimeout(late);
      taken.underWay -= 1;
      if (taken.isBroken) this.#leave(taken);
      this.#onRoom();
      if (taken.underWay === 0) this.#rested(taken);
    }
  }

  #rested(taken: Taken): void {
    if (taken !== this.#taken) this.#giveBack(taken);
    else if (this.#rest !== undefined) this.#rest.refresh();
    else {
      this.#rest = setTimeout(() => {
        if (this.#taken?.underWay === 0) this.#giveBack(this.#taken);
      }, REST_MS);
    }
  }

  #giveBack(taken: Taken): void {
    this.#leave(taken);
    const release = (client: PoolClient) => client.release(taken.isBroken);
    void taken.client.then(release, () => undefined);
  }

  #leave(taken: Taken): void {
    if (this.#taken === taken) this.#taken = undefined;
  }
}
