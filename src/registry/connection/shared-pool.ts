import type { Pool, PoolClient } from 'pg';
import { FairQueue, halfOfTheRest } from '../../scheduling/fair-queue.js';

/** Connections for the server itself: logins and background jobs. */
const SERVER_CONNECTIONS = 2;

/** Connections for the journal rows of requests that got no connection, or lost theirs. */
const RESERVED_CONNECTIONS = 1;

/** Milliseconds that a request waits for a connection. */
const WAIT_MS = 30_000;

/** The pool as registrars share it: they take turns, so no registrar's requests wait behind all of another's. */
export class SharedPool {
  /** Connections that one registrar may have at most. */
  readonly share: number;
  readonly #pool: Pool;
  readonly #turns: FairQueue;
  readonly #reserved = new FairQueue(RESERVED_CONNECTIONS);

  constructor(pool: Pool) {
    this.#pool = pool;
    const shared = Math.max(pool.options.max - SERVER_CONNECTIONS - RESERVED_CONNECTIONS, 1);
    this.share = halfOfTheRest(shared, 0);
    this.#turns = new FairQueue(shared, halfOfTheRest);
  }

  /** Requests that wait for a connection. */
  get waiting(): number {
    return this.#turns.waiting + this.#reserved.waiting;
  }

  /**
   * The same pool for requests of one registrar.
   *
   * @param disconnected ends the wait for a connection, which then throws the reason of the signal
   */
  of(registrarId: number, disconnected?: AbortSignal): Pool {
    return byTurns(this.#pool, this.#turns, registrarId, disconnected);
  }

  /** The reserved connections, for short statements about requests that got no connection, or lost theirs. */
  reserved(registrarId: number): Pool {
    return byTurns(this.#pool, this.#reserved, registrarId);
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
