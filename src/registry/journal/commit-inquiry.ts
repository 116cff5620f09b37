import type { ClientBase, Pool } from 'pg';
import { isHeldLock } from '../connection/advisory-lock.js';
import { withinTime } from '../connection/cancel-when.js';
import { awaitStandbys } from '../connection/standby-wait.js';
import { requestLock } from './journal.js';

/** Milliseconds between two attempts. */
const RETRY_MS = 250;

/** Milliseconds that an attempt may take to read, and then to wait for the standbys, which may lag. */
const FIND_MS = 5000;
const STANDBY_MS = 30_000;

/** It could not be found out whether a request was committed. It is carried out completely, or not at all. */
export class CommitInDoubtError extends Error {
  override readonly name = 'CommitInDoubtError';
  /** SQLSTATE: the outcome of the transaction is unknown. */
  readonly code = '08007';

  constructor() {
    super('the connection to the database broke during the commit, and whether it was done could not be found out');
  }
}

/** Called with what was found out. */
type Settle = (wasDone: boolean) => void;

/**
 * Finds out what became of commits whose connections broke, however many, over one connection. An answer holds for good:
 *
 * - The transaction of a request holds the lock of its request (`open-journals`), so the inquiry takes that lock first. If it
 *   cannot, the transaction may still be committed: its COMMIT may be on the way, or wait for the standbys. A transaction
 *   that waits for its lost client is terminated; the others are waited for.
 * - Then the journal row is there, or it never will be.
 * - A standby may lack the row, and so may a server that is no longer the primary; and a row that is there may be lost in a
 *   failover. So the inquiry waits for the synchronous standbys itself before it believes either answer.
 */
export class CommitInquiry {
  readonly #pool: Pool;
  readonly #timeout: number;
  /** What is to be found out, by the id of the request. */
  readonly #open = new Map<string, Settle>();
  #isAsking = false;

  /**
   * @param pool of one connection
   * @param timeout milliseconds after which an inquiry ends without an answer
   */
  constructor(pool: Pool, timeout: number) {
    this.#pool = pool;
    this.#timeout = timeout;
  }

  /**
   * Whether the commit of a request was done, with its journal row.
   *
   * @param abandoned ends the inquiry: nobody waits for it any more
   * @throws CommitInDoubtError if it could not be found out in time
   */
  wasDone(serverTransId: string, abandoned?: AbortSignal): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        abandoned?.removeEventListener('abort', giveUp);
        this.#open.delete(serverTransId);
      };
      const giveUp = () => {
        end();
        reject(new CommitInDoubtError());
      };
      const timer = setTimeout(giveUp, this.#timeout);
      this.#open.set(serverTransId, (wasDone) => {
        end();
        resolve(wasDone);
      });
      if (abandoned?.aborted) giveUp();
      else abandoned?.addEventListener('abort', giveUp, { once: true });
      void this.#keepAsking();
    });
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #keepAsking(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    while (this.#open.size > 0) {
      await this.#ask([...this.#open.keys()]).catch(() => undefined); // The next attempt may reach the primary.
      if (this.#open.size > 0) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    this.#isAsking = false;
  }

  /** One attempt, on one connection: another one may lead to another server. */
  async #ask(ids: readonly string[]): Promise<void> {
    const client = await this.#pool.connect();
    let isDone = false;
    try {
      const { over, found } = await withinTime(client, FIND_MS, () => findOut(client, ids));
      if (over.length > 0) await withinTime(client, STANDBY_MS, () => awaitStandbys(client));
      for (const id of over) this.#open.get(id)?.(found.has(id));
      isDone = true;
    } finally {
      client.release(!isDone);
    }
  }
}

interface Findings {
  /** Requests whose transactions are over. */
  readonly over: readonly string[];
  /** Those that have their journal row. */
  readonly found: ReadonlySet<string>;
}

/** Ends transactions that wait for lost clients, and looks for the rows of those that are over. Throws on a standby. */
async function findOut(client: ClientBase, ids: readonly string[]): Promise<Findings> {
  await client.query('BEGIN');
  const { rows } = await client.query<{ id: string; isOver: boolean; isStandby: boolean }>(
    `SELECT id, pg_try_advisory_xact_lock(${requestLock('id')}) AS "isOver", pg_is_in_recovery() AS "isStandby"
       FROM unnest($1::text[]) AS id`,
    [ids],
  );
  if (rows.some(({ isStandby }) => isStandby)) throw new Error('a standby does not know what was committed');
  const over = rows.filter(({ isOver }) => isOver).map(({ id }) => id);
  const others = rows.filter(({ isOver }) => !isOver).map(({ id }) => id);
  // A statement of its own: it sees what was committed before the locks were free.
  const journalled = await client.query<{ id: string }>(
    'SELECT server_trans_id::text AS id FROM sppp.transaction WHERE server_trans_id = ANY ($1::uuid[])',
    [over],
  );
  await client.query('COMMIT');
  if (others.length > 0) await client.query(TERMINATE, [others]);
  return { over, found: new Set(journalled.rows.map(({ id }) => id)) };
}

/**
 * Ends the sessions that hold the locks of requests and wait for their clients, which are lost. Those that work, or wait for
 * the standbys, are left to end by themselves.
 */
const TERMINATE = `SELECT pg_terminate_backend(a.pid)
  FROM unnest($1::text[]) AS id
  JOIN pg_locks l ON ${isHeldLock(requestLock('id'))}
  JOIN pg_stat_activity a USING (pid)
 WHERE a.wait_event_type = 'Client' AND pg_has_role(a.usesysid, 'USAGE')`;
