import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';

/** A session that holds a lock which a migration waits for. */
export interface Holder {
  /** 0: a prepared transaction. */
  readonly pid: number;
  readonly application: string;
  readonly role: string;
  /** `active`, `idle in transaction`, …; null: this role may not see it. */
  readonly state: string | null;
  /** Seconds since its transaction began; null: this role may not see it. */
  readonly seconds: number | null;
}

/** A lock that a migration waits for. */
export interface LockWait {
  /** The table or view; undefined: a lock of another kind. */
  readonly relation: string | undefined;
  /** Whether it is the lock that migrations hold against each other. */
  readonly isOfMigrations: boolean;
  /** The statement that takes the lock by itself, if it is one on a table. */
  readonly statement: string | undefined;
  readonly holders: readonly Holder[];
}

/** Milliseconds between two looks. */
const LOOK_MS = 50;

const LOOK = `
  SELECT CASE WHEN l.relation IS NOT NULL THEN l.relation::regclass::text END AS relation,
         l.locktype = 'advisory' AS "isOfMigrations", l.mode, coalesce(c.relkind IN ('r', 'p'), false) AS "isTable", b.pid, coalesce(a.application_name, '') AS application,
         coalesce(a.usename, '') AS role, a.state, extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS seconds
    FROM (SELECT locktype, relation, mode FROM pg_locks WHERE pid = $1 AND NOT granted LIMIT 1) l
    LEFT JOIN pg_class c ON c.oid = l.relation AND l.locktype = 'relation',
         LATERAL (SELECT DISTINCT pid FROM unnest(pg_blocking_pids($1)) AS u(pid)) b
    LEFT JOIN pg_stat_activity a USING (pid)
   ORDER BY b.pid`;

interface Look extends Holder {
  readonly relation: string | null;
  readonly isOfMigrations: boolean;
  /** Such as `AccessExclusiveLock`. */
  readonly mode: string;
  readonly isTable: boolean;
}

/** `LOCK TABLE` of a view would lock its tables as well. */
function statementOf({ relation, mode, isTable }: Look): string | undefined {
  const words = mode.replace(/Lock$/, '').replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ');
  return isTable && relation !== null ? `LOCK TABLE ${relation} IN ${words.toUpperCase()} MODE` : undefined;
}

/**
 * Watches what a session waits for, over another one. It cancels the statement once the waits of a transaction add up to
 * a limit: PostgreSQL's own `lock_timeout` bounds each wait, and others wait for all that the transaction has locked by then.
 */
export class LockWatch {
  readonly #client: Client;
  readonly #watched: number;
  readonly #limit: number;
  #last: LockWait | undefined;
  #ended = new AbortController();
  #looking = Promise.resolve();

  /** @param limit milliseconds that the waits of a transaction may take together */
  constructor(client: Client, watched: number, limit: number) {
    this.#client = client;
    this.#watched = watched;
    this.#limit = limit;
  }

  /** What the transaction waited for last; undefined: nothing. */
  get last(): LockWait | undefined {
    return this.#last;
  }

  /** Begins to watch a transaction. */
  begin(): void {
    this.#last = undefined;
    this.#ended = new AbortController();
    this.#looking = this.#look(this.#ended.signal).catch(() => undefined); // `lock_timeout` still holds
  }

  /** Ends it. Nothing is cancelled afterwards. */
  async end(): Promise<void> {
    this.#ended.abort();
    await this.#looking;
  }

  async #look(ended: AbortSignal): Promise<void> {
    let waited = 0;
    let since = performance.now();
    while (!ended.aborted) {
      const { rows } = await this.#client.query<Look>(LOOK, [this.#watched]);
      const now = performance.now();
      const [first] = rows;
      if (first !== undefined) {
        const { relation, isOfMigrations } = first;
        this.#last = { relation: relation ?? undefined, isOfMigrations, statement: statementOf(first), holders: rows };
        waited += now - since;
        if (waited > this.#limit && !isOfMigrations && !ended.aborted) {
          await this.#client.query('SELECT pg_cancel_backend($1)', [this.#watched]);
          return;
        }
      }
      since = now;
      await delay(LOOK_MS, undefined, { signal: ended }).catch(() => undefined);
    }
  }
}
