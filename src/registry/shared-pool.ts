import type { Pool, PoolClient } from 'pg';
import { halfOfTheRest, Turns } from './turns.js';

/** Connections left to the server itself, for logins and chores, and for what is said aside. */
const ITS_OWN = 2;
const ASIDE = 1;

/** Milliseconds that a request waits for a connection. */
const PATIENCE = 30_000;

/** The pool as registrars use it: by turns, so that no one's requests wait behind all of another's. */
export class SharedPool {
  /** Connections that one registrar may have at the most. */
  readonly share: number;
  readonly #pool: Pool;
  readonly #turns: Turns;
  readonly #aside = new Turns(ASIDE);

  constructor(pool: Pool) {
    this.#pool = pool;
    const shared = Math.max(pool.options.max - ITS_OWN - ASIDE, 1);
    this.share = halfOfTheRest(shared, 0);
    this.#turns = new Turns(shared, halfOfTheRest);
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
  of(registrarId: number, gone?: AbortSignal): Pool {
    return byTurns(this.#pool, this.#turns, registrarId, gone);
  }

  /** For short words about requests that got no connection, or lost theirs: nothing long is done there. */
  aside(registrarId: number): Pool {
    return byTurns(this.#pool, this.#aside, registrarId);
  }
}

function byTurns(pool: Pool, turns: Turns, registrarId: number, gone?: AbortSignal): Pool {
  const connect = async (): Promise<PoolClient> => {
    const leave = await turns.enter(registrarId, gone, PATIENCE);
    try {
      return withEnd(await pool.connect(), leave);
    } catch (error) {
      leave();
      throw error;
    }
  };
  const query = async (...asked: Parameters<Pool['query']>) => {
    const leave = await turns.enter(registrarId, undefined, PATIENCE);
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
