import pg from 'pg';
import { connectionOf } from './connect.js';
import { reportLostConnections } from './lost-connections.js';
import { prepareSession } from './session.js';

/** Milliseconds for which an answer holds: the database is not asked more often, however many want to know. */
const HOLDS = 100;

/** Milliseconds after which a database that does not answer counts as away. */
const TIMEOUT_MS = 5000;

/** Whether the database answers, found out over a connection of its own: that all others are busy is not the question. */
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

  /** As it is now, or was a moment ago. */
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
      }, HOLDS).unref();
    }
  }
}
