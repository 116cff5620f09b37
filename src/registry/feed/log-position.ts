import { setTimeout as delay } from 'node:timers/promises';
import type { ClientBase, Pool } from 'pg';

/** A term: the time for which one start of PostgreSQL is the primary. Two of them never have the same start. */
export interface Term {
  readonly number: number;
  /** In microseconds since 1970. */
  readonly startedAt: string;
}

/** A place in the log of a database, as written in a term. */
export interface LogPosition extends Term {
  readonly lsn: bigint;
}

/** The server that a session is at, before a transaction reads from it. */
export interface Source {
  /** Whether it was a standby: its snapshots do not tell which transactions are open. */
  readonly isStandby: boolean;
  /** The term that its data come from, as far as it knows; undefined: none was recorded there. */
  readonly term: Term | undefined;
  readonly mayRecord: boolean;
}

/** Where a position is, seen from a state of the database: part of it, not part of it, or not part of it yet. */
export type Whereabouts = 'here' | 'ahead' | 'elsewhere';

/** Milliseconds in which the end of a pull is on disk and on the synchronous standbys, or its record arrives on a standby. */
const WAIT_MS = 5000;
const LOCK_MS = 2000;
const POLL_MS = 100;

const STARTED_AT = '(extract(epoch FROM started_at) * 1000000)::bigint::text';
const LSN = `(lsn - '0/0'::pg_lsn)::text`;

/** How far the log reaches from which the present snapshot was made; or farther. */
export const LOG_END = `(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END
                         - '0/0'::pg_lsn)::text`;

/** The timeline that a primary writes to. `pg_control_checkpoint` has that of the last checkpoint. */
const TIMELINE = `('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int`;

interface TermRow extends Term {
  readonly lsn: string;
}

/** To be asked outside of a transaction: a server that is a primary now was one when a later snapshot is taken. */
export async function readSource(db: ClientBase): Promise<Source> {
  const { rows } = await db.query<{ isStandby: boolean; isReadOnly: boolean; isPresent: boolean | null } & Term>(
    `SELECT pg_is_in_recovery() AS "isStandby", current_setting('transaction_read_only') = 'on' AS "isReadOnly",
            t.number, t."startedAt", t."isPresent"
       FROM (SELECT) always
       LEFT JOIN (SELECT number, ${STARTED_AT} AS "startedAt", started_at = pg_postmaster_start_time() AS "isPresent"
                    FROM sppp.primary_term ORDER BY primary_term.number DESC LIMIT 1) t ON true`,
  );
  const [{ isStandby = true, isReadOnly = true, isPresent = null, number = 0, startedAt = '' } = {}] = rows;
  const mayRecord = !isStandby && !isReadOnly;
  if (isPresent !== null && (isPresent || isStandby)) return { isStandby, mayRecord, term: { number, startedAt } };
  return { isStandby, mayRecord, term: mayRecord ? await record(db) : undefined };
}

/** Whether all that was committed up to a position is in the snapshot of the transaction under way. */
export async function locate(
  db: ClientBase,
  { isStandby }: Source,
  logEnd: bigint,
  { number, startedAt, lsn }: LogPosition,
): Promise<Whereabouts> {
  const { rows } = await db.query<{ newest: number | null; lsn: string | null; isPresent: boolean | null }>(
    `SELECT (SELECT max(number) FROM sppp.primary_term) AS newest, ${LSN} AS lsn,
            started_at = pg_postmaster_start_time() AS "isPresent"
       FROM (SELECT) always
       LEFT JOIN sppp.primary_term ON number = $1::bigint AND ${STARTED_AT} = $2`,
    [number, startedAt],
  );
  const [{ newest = null, lsn: recorded = null, isPresent = false } = {}] = rows;
  if (recorded !== null && BigInt(recorded) >= lsn) return 'here';
  if (!isStandby) return isPresent === true && logEnd >= lsn ? 'here' : 'elsewhere';
  // What comes of a term is known here once a later one has begun.
  const mayCome = recorded === null ? number > (newest ?? 0) : number === newest;
  return mayCome ? 'ahead' : 'elsewhere';
}

/** Whether a database is on a timeline, as a primary. */
export async function isOnTimeline(db: ClientBase, { isStandby }: Source, timeline: number): Promise<boolean> {
  if (isStandby) return false;
  const { rows } = await db.query<{ timeline: number }>(`SELECT ${TIMELINE} AS timeline`);
  return rows[0]?.timeline === timeline;
}

/**
 * Has the log recorded up to a position, so that a database that takes over knows whether it has all of it. On a primary it
 * is written; on a standby it comes from the primary.
 *
 * @returns the term in which it is recorded, or would be: a record may be late. Undefined: it could not be written
 */
export async function recordUpTo(db: ClientBase, { mayRecord }: Source, lsn: bigint): Promise<Term | undefined> {
  if (mayRecord) {
    try {
      return await record(db);
    } catch {
      // Without it the cursor is good for as long as this database goes on.
      await db.query('ROLLBACK');
      return undefined;
    }
  }
  const until = performance.now() + WAIT_MS;
  for (;;) {
    const { rows } = await db.query<TermRow>(
      `SELECT number, ${STARTED_AT} AS "startedAt", ${LSN} AS lsn
         FROM sppp.primary_term ORDER BY primary_term.number DESC LIMIT 1`,
    );
    const [row] = rows;
    if ((row !== undefined && BigInt(row.lsn) >= lsn) || performance.now() > until) return row;
    await delay(POLL_MS);
  }
}

/** Waits for nothing but the row: whoever waited for standbys with it would stop the records of all others. */
async function record(db: ClientBase): Promise<Term | undefined> {
  await db.query(`BEGIN; SET LOCAL synchronous_commit = off; SET LOCAL lock_timeout = ${LOCK_MS}`);
  const { rows } = await db.query<Term>(`SELECT number, ${STARTED_AT} AS "startedAt" FROM sppp.record_log_position()`);
  await db.query('COMMIT');
  return rows[0];
}

/** Nothing but a commit, which ends when the disk and the synchronous standbys have all that was committed before. */
const COMMIT_ALL = `SELECT pg_logical_emit_message(true, 'sppp', ''::text)`;

/** The commits under way, of which each pool has one at a time: while no standby answers, they do not end. */
const commits = new WeakMap<Pool, Promise<unknown>>();

/** Waits until what was recorded is on disk and on the synchronous standbys, but not for long. Never rejects. */
export async function awaitRecords(pool: Pool): Promise<void> {
  // What began before the record does not cover it.
  const earlier = commits.get(pool);
  if (earlier !== undefined && !(await endsInTime(earlier))) return;
  let commit = commits.get(pool);
  if (commit === undefined) {
    commit = pool
      .query(COMMIT_ALL)
      .catch(() => undefined)
      .finally(() => commits.delete(pool));
    commits.set(pool, commit);
  }
  await endsInTime(commit);
}

function endsInTime(commit: Promise<unknown>): Promise<boolean> {
  return Promise.race([commit.then(() => true), delay(WAIT_MS, false, { ref: false })]);
}
