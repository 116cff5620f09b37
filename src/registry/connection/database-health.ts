import pg from 'pg';
import { connectionOf } from './connect.js';
import { reportLostConnections } from './lost-connections.js';
import { prepareSession } from './session.js';

/** Time for which an answer is reused, so that many callers cause no more statements than one. */
const REUSE_MS = 100;

/** Milliseconds without an answer after which the database counts as away. */
const TIMEOUT_MS = 5000;

/** Whether the database answers. It is asked over a connection of its own, so busy pools do not make it look away. */
export class DatabaseHealth {
  readonly #pool: pg.Pool;
  #answer: Promise<boolean> | undefined;

  constructor(registry: pg.Pool, onConnectionLost: (error: Error) => void) {
    this.#pool = new pg.Pool({
      ...connectionOf(registry),
      application_name: 'sppp health',
      max: 1,
      connectionTimeoutMillis: TIMEOUT_MS,
      query_timeout: TIMEOUT_MS,
      onConnect: (client) => prepareSession(client),
    });
    reportLostConnections(this.#pool, onConnectionLost);
  }

  /** The state now, or a moment ago. */
  isThere(): Promise<boolean> {
    this.#answer ??= this.#ask();
    return this.#answer;
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #ask(): Promise<boolean> {
    try {
      await this.#pool.query('SELECT 1');
      return true;
    } catch {
      return false;
    } finally {
      setTimeout(() => {
        this.#answer = undefined;
      }, REUSE_MS).unref();
    }
  }
}
