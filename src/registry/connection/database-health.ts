import pg from 'pg';
import { inTime, LATE } from '../../scheduling/in-time.js';
import { connectionOf } from './connect.js';
import { reportLostConnections } from './lost-connections.js';
import { BACKEND, prepareSession } from './session.js';
import { STANDBY_AGE } from './standby-age.js';

/** Time for which an answer is reused, so that many callers cause no more statements than one. */
const REUSE_MS = 100;

/** Milliseconds without an answer after which its connection is given up. */
const TIMEOUT_MS = 5000;

/** Connections: the second is for what is asked while the first does not answer. */
const CONNECTIONS = 2;

/** Seconds after which a connection to one of several hosts is replaced: another host may be preferred now. */
const LIFETIME_SECONDS = 5;

/** Time without a question after which the connection is closed. Load balancers ask more often. */
const IDLE_MS = 300_000;

/** What a database that answers says about itself. */
export interface DatabaseState {
  /** It follows another one, and takes no changes. */
  readonly isStandby: boolean;
  /** Commits of this role have been waiting for a standby for some time. */
  readonly doCommitsWait: boolean;
  /** Seconds by which its data may be older than its primary's; null: it does not know. */
  readonly age: number | null;
}

/** A role sees what its own sessions wait for. */
const STATE = `SELECT pg_is_in_recovery() AS "isStandby",
                      EXISTS (SELECT FROM pg_stat_activity
                               WHERE datname = current_database() AND wait_event = 'SyncRep'
                                 AND clock_timestamp() - state_change > interval '5 seconds') AS "doCommitsWait",
                      ${STANDBY_AGE} AS age`;

/** An idle backend waits for its client, and so does one in the middle of a statement whose rest does not arrive. */
const IS_AT_WORK = `wait_event_type IS DISTINCT FROM 'Client'`;

const FIND_BACKENDS = `SELECT ${BACKEND} AS backend, ${IS_AT_WORK} AS "isAtWork"
                         FROM pg_stat_activity WHERE ${BACKEND} = ANY ($1)`;

const END_BACKEND = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${BACKEND} = $1 AND NOT ${IS_AT_WORK}`;

/** SQLSTATE classes of answers that say nothing of the other backends: no more connections, or none for this role. */
const REFUSED = /^(?:53|28|3D|42)/;

/** Whether the database answers, and what it does. It is asked over a connection of its own, so busy pools do not make it look away. */
export class DatabaseHealth {
  readonly #pool: pg.Pool;
  #answer: Promise<DatabaseState | undefined> | undefined;
  #isThere: Promise<boolean> | undefined;

  constructor(registry: pg.Pool, onConnectionLost: (error: Error) => void) {
    const to = connectionOf(registry);
    this.#pool = new pg.Pool({
      ...to,
      ...(to.Client && { maxLifetimeSeconds: LIFETIME_SECONDS }),
      application_name: 'sppp health',
      max: CONNECTIONS,
      connectionTimeoutMillis: TIMEOUT_MS,
      idleTimeoutMillis: IDLE_MS,
      query_timeout: TIMEOUT_MS,
      onConnect: (client) => prepareSession(client),
    });
    reportLostConnections(this.#pool, onConnectionLost);
  }

  /** Whether it answers now, or did a moment ago. */
  isThere(): Promise<boolean> {
    this.#isThere ??= this.state().then((state) => state !== undefined);
    return this.#isThere;
  }

  /** The state now, or a moment ago; undefined if the database cannot be asked. */
  state(): Promise<DatabaseState | undefined> {
    this.#answer ??= this.#ask();
    return this.#answer;
  }

  /**
   * The same within so many milliseconds: a database that takes longer cannot be asked. Whoever comes later asks anew, as the
   * connection may be at fault.
   */
  async stateWithin(milliseconds: number): Promise<DatabaseState | undefined> {
    const answer = this.state();
    const first = await inTime(answer, milliseconds);
    if (first !== LATE) return first;
    if (this.#answer === answer) this.#forget();
    return undefined;
  }

  /**
   * Which of these backends are there (`backendOf`), and whether each works. Undefined if the database refuses to say it.
   *
   * @throws what pg throws if it cannot be asked
   */
  async backends(asked: readonly string[]): Promise<ReadonlyMap<string, boolean> | undefined> {
    try {
      const { rows } = await this.#pool.query<{ backend: string; isAtWork: boolean }>(FIND_BACKENDS, [asked]);
      return new Map(rows.map(({ backend, isAtWork }) => [backend, isAtWork]));
    } catch (error) {
      if (error instanceof pg.DatabaseError && REFUSED.test(error.code ?? '')) return undefined;
      throw error;
    }
  }

  /** Ends a backend unless it works. */
  async endBackend(backend: string): Promise<void> {
    await this.#pool.query(END_BACKEND, [backend]);
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  #ask(): Promise<DatabaseState | undefined> {
    const forget = () => {
      setTimeout(() => {
        if (this.#answer === answer) this.#forget();
      }, REUSE_MS).unref();
    };
    const answer = this.#pool
      .query<DatabaseState>(STATE)
      .then(
        ({ rows }) => rows[0],
        () => undefined,
      )
      .finally(forget);
    return answer;
  }

  #forget(): void {
    this.#answer = undefined;
    this.#isThere = undefined;
  }
}
