import type { Pool, PoolClient } from 'pg';
import { FairQueue, halfOfTheRest } from '../../scheduling/fair-queue.js';

/** Connections left to the server itself, for logins and chores, and for what is said aside. */
const ITS_OWN = 2;
const ASIDE = 1;

/** Milliseconds that a request waits for a connection. */
const WAIT_MS = 30_000;

/** The pool as registrars use it: by turns, so that no one's requests wait behind all of another's. */
export class SharedPool {
  /** Connections that one registrar may have at most. */
  readonly share: number;
  readonly #pool: Pool;
  readonly #turns: FairQueue;
  readonly #aside = new FairQueue(ASIDE);

  constructor(pool: Pool) {
    this.#pool = pool;
    const shared = Math.max(pool.options.max - ITS_OWN - ASIDE, 1);
    this.share = halfOfTheRest(shared, 0);
    this.#turns = new FairQueue(shared, halfOfTheRest);
  }

  /** Requests that wait for a connection. */
  get waiting(): number {
    return this.#turns.waiting + this.#aside.waiting;
  }

  /**
   * The same pool for requests of one registrar.
   *
   * @param gone ends the waiting for a connection, by throwing what it is aborted with
   */
  of(registrarId: number, disconnected?: AbortSignal): Pool {
    return byTurns(this.#pool, this.#turns, registrarId, disconnected);
  }

  /** For short words about requests that got no connection, or lost theirs: nothing long is done there. */
  aside(registrarId: number): Pool {
    return byTurns(this.#pool, this.#aside, registrarId);
  }
}

function byTurns(pool: Pool, turns: FairQueue, registrarId: number, disconnected?: AbortSignal): Pool {
  const connect = async (): Promise<PoolClient> => {
    const leave = await turns.enter(registrarId, disconnected, WAIT_MS);
    try {
      return withEnd(await pool.connect(), leave);
    } catch (error) {
      leave();
      throw error;
    }
  };
  const query = async (...asked: Parameters<Pool['query']>) => {
    const leave = await turns.enter(registrarId, undefined, WAIT_MS);
    return Promise.resolve(pool.query(...asked)).finally(leave);
  };
  return Object.create(pool, { connect: { value: connect }, query: { value: query } });
}

/** Does something when a connection is given back. */
function withEnd(client: PoolClient, then: () => void): PoolClient {
  const { release } = client;
  client.release = (error?: Error | boolean) => {
    client.release = release;
    release.call(client, error);
    then();
  };
  return client;
}
