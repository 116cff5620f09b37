import type { ClientBase, Pool } from 'pg';
import { found } from '../../values/found.js';
import { rowBatches } from '../connection/row-batches.js';
import { READING_ALL } from '../connection/session.js';
import { STANDBY_AGE } from '../connection/standby-age.js';
import { boundsOf, type Cursor, type Doubt, readCursor, writeCursor } from './cursor.js';
import type { LineRow, Pull } from './line-query.js';
import { puts, removals } from './lines.js';
import {
  awaitRecords,
  isOnTimeline,
  LOG_END,
  type LogPosition,
  locate,
  readSource,
  recordUpTo,
  type Source,
  type Term,
} from './log-position.js';
import { readShares } from './shares.js';

export interface FeedQuestion {
  /** Organization whose view it is. */
  readonly asker: string;
  /** Cursor of the last pull; without it, everything. */
  readonly since?: string | undefined;
}

/**
 * The reason for which a feed is refused: an unknown organization, a cursor that this server did not make, one that is
 * too old or of a history that the database does not have, or a standby that is behind.
 */
export interface FeedFault {
  readonly fault: 'asker' | 'cursor' | 'gone' | 'later';
  readonly reason: string;
}

/** Rows that are fetched at once. */
const BATCH = 1000;

const again = 'Take a new snapshot: a feed without since.';

const elsewhere: FeedFault = {
  fault: 'gone',
  reason: `The cursor is of another database, or of one before a restore. ${again}`,
};
const ahead: FeedFault = {
  fault: 'later',
  reason: 'The data here do not reach up to the cursor yet. Ask again, or ask another node.',
};

/** The lines that were sent. */
interface Counts {
  readonly removed: number;
  readonly put: number;
}

/** The ends of the interval, as the transaction sees them. */
interface Ends {
  readonly askerId: number | null;
  readonly database: string;
  readonly snapshot: string;
  readonly horizon: number;
  readonly logEnd: string;
  /** Seconds; null on a standby that does not know. */
  readonly age: number | null;
}

/**
 * The data that an organization may see, or their changes since the cursor, from one snapshot of the database
 * (docs/feeds.md), which may be a standby. If the first item is a fault, it is the only one. Otherwise each item is text:
 * some lines of JSON. A caller that stops before the end calls return().
 *
 * @param maxAge seconds by which the data may be older than the primary's
 */
export async function* feed(
  pool: Pool,
  question: FeedQuestion,
  maxAge = Number.POSITIVE_INFINITY,
): AsyncGenerator<string | FeedFault, undefined> {
  const db = await pool.connect();
  let isDone = false;
  let end: string | undefined;
  let isRecorded = false;
  try {
    const source = await readSource(db);
    isRecorded = source.mayRecord;
    end = yield* readLines(db, source, question, maxAge);
    isDone = true;
  } finally {
    db.release(!isDone);
  }
  if (end === undefined) return;
  if (isRecorded) await awaitRecords(pool);
  yield end;
}

/** All lines but the last one, which is returned; undefined after a fault. */
async function* readLines(
  db: ClientBase,
  source: Source,
  question: FeedQuestion,
  maxAge: number,
): AsyncGenerator<string | FeedFault, string | undefined> {
  await db.query(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${READING_ALL}`);
  const ends = await readEnds(db, question.asker);
  const cursor = question.since === undefined ? undefined : readCursor(question.since);
  const fault =
    faultOf(question, cursor, ends) ??
    sourceFault(source, ends, maxAge) ??
    (await historyFault(db, source, cursor, ends)) ??
    (await ageFault(db, cursor, ends));
  if (fault !== undefined) {
    yield fault;
    await db.query('COMMIT');
    return undefined;
  }
  const counts = yield* lines(db, question, cursor, ends);
  await db.query('COMMIT');
  const term = (await recordUpTo(db, source, BigInt(ends.logEnd))) ?? found(source.term, 'the term of the database');
  return `${JSON.stringify({ end: writeCursor(nextCursor(source, cursor, ends, term)), ...counts })}\n`;
}

/** The first item of a feed: a fault, or its first lines. */
export function isFault(item: string | FeedFault | undefined): item is FeedFault {
  return typeof item === 'object';
}

async function readEnds(db: ClientBase, asker: string): Promise<Ends> {
  const { rows } = await db.query<Ends>(
    `SELECT (SELECT id FROM sppp.organization WHERE org_id = $1 AND removed_at IS NULL) AS "askerId",
            concat_ws('-', (SELECT system_identifier FROM pg_control_system()),
                      (SELECT oid FROM pg_database WHERE datname = current_database())) AS database,
            pg_current_snapshot()::text AS snapshot, (SELECT xid FROM sppp.feed_horizon) AS horizon,
            ${LOG_END} AS "logEnd", ${STANDBY_AGE} AS age`,
    [asker],
  );
  if (rows[0] === undefined) throw new Error('no row of the two ends');
  return rows[0];
}

function faultOf({ asker, since }: FeedQuestion, cursor: Cursor | undefined, ends: Ends): FeedFault | undefined {
  if (ends.askerId === null) return { fault: 'asker', reason: `No organization ${asker}.` };
  if (since === undefined) return undefined;
  if (cursor === undefined) return { fault: 'cursor', reason: 'Not a cursor of a feed.' };
  if (cursor.askerId !== ends.askerId) return { fault: 'cursor', reason: 'A cursor of another organization.' };
  return cursor.database === ends.database ? undefined : elsewhere;
}

function sourceFault({ term }: Source, { age }: Ends, maxAge: number): FeedFault | undefined {
  if (age === null || age > maxAge) return { fault: 'later', reason: 'The data here are too old. Ask again.' };
  if (term === undefined) return { fault: 'later', reason: 'The primary has recorded no position yet. Ask again.' };
  return undefined;
}

/** Whether the snapshot has all that the subscriber has seen. A failover or a restore may have lost some of it. */
async function historyFault(
  db: ClientBase,
  source: Source,
  cursor: Cursor | undefined,
  ends: Ends,
): Promise<FeedFault | undefined> {
  if (cursor === undefined) return undefined;
  const { position } = cursor;
  if ('timeline' in position) {
    if (!(await isOnTimeline(db, source, position.timeline))) return elsewhere;
  } else {
    const whereabouts = await locate(db, source, BigInt(ends.logEnd), position);
    if (whereabouts !== 'here') return whereabouts === 'ahead' ? ahead : elsewhere;
  }
  const [now, then] = [boundsOf(ends), boundsOf(cursor)];
  if (source.isStandby || (then.below <= now.below && then.from <= now.from)) return undefined;
  // Standbys show a commit that still waits on its primary for other standbys.
  return cursor.doubt === undefined ? elsewhere : ahead;
}

/** Where the next pull goes on. On a standby only what is older than each open transaction was surely seen. */
function nextCursor(
  { isStandby }: Source,
  cursor: Cursor | undefined,
  { askerId, database, snapshot, horizon, logEnd }: Ends,
  term: Term,
): Cursor & { position: LogPosition } {
  const { from, below } = boundsOf({ snapshot });
  const doubted = cursor?.doubt?.below ?? 0n;
  const seen = isStandby && below > doubted ? below : doubted;
  const doubt: Doubt | undefined = isStandby || seen > from ? { below: seen, horizon: BigInt(horizon) } : undefined;
  return {
    ...{ database, doubt, askerId: found(askerId, 'the organization that a feed is for') },
    position: { ...term, lsn: BigInt(logEnd) },
    snapshot: isStandby ? `${from}:${from}:` : snapshot,
  };
}

/**
 * Whether removals since the cursor may have been purged. Transactions that were open then hold its lower bound
 * back, those of other databases too: only requests of this one count.
 */
async function ageFault(db: ClientBase, cursor: Cursor | undefined, { horizon }: Ends): Promise<FeedFault | undefined> {
  if (cursor === undefined || cursor.doubt?.horizon === BigInt(horizon)) return undefined;
  const { from, below } = boundsOf(cursor);
  if (from > BigInt(horizon)) return undefined;
  const { rows } = await db.query<{ isNew: boolean }>(
    `SELECT EXISTS (SELECT FROM sppp.transaction
                     WHERE xid BETWEEN $1 AND $2 AND sppp.is_after(xid, $3::pg_snapshot))
            OR sppp.is_after($2, $3::pg_snapshot) AS "isNew"`,
    [String(from), horizon, cursor.snapshot],
  );
  const isTooOld = below <= BigInt(horizon) || rows[0]?.isNew === true;
  return isTooOld ? { fault: 'gone', reason: `The cursor is too old. ${again}` } : undefined;
}

async function* lines(
  db: ClientBase,
  { asker, since }: FeedQuestion,
  cursor: Cursor | undefined,
  { askerId }: Ends,
): AsyncGenerator<string, Counts> {
  const interval = {
    askerId: found(askerId, 'the organization that a feed is for'),
    since: cursor?.snapshot ?? null,
    fromXid: cursor === undefined ? '0' : String(boundsOf(cursor).from),
    doubtBelow: String(cursor?.doubt?.below ?? 0n),
  };
  const pull: Pull = {
    ...interval,
    shares: await readShares(db, interval),
    firstTransactionId: cursor === undefined ? null : await firstRequest(db, interval),
  };
  yield `${JSON.stringify({ feed: 1, asker, kind: cursor === undefined ? 'snapshot' : 'changes', since })}\n`;
  const known = new Set<number>();
  yield organization(interval.askerId, asker, known);
  const counts = { removed: 0, put: 0 };
  for (const query of removals(pull)) {
    for await (const rows of rowBatches<LineRow>(db, query, () => BATCH)) {
      counts.removed += rows.length;
      yield rows.map(({ line }) => `${line}\n`).join('');
    }
  }
  for (const query of puts(pull)) {
    for await (const rows of rowBatches<LineRow>(db, query, () => BATCH)) {
      counts.put += rows.length;
      yield rows.map((row) => introduced(row, known)).join('');
    }
  }
  return counts;
}

/** A line after one for its organization, unless it was sent before. */
function introduced({ line, rantId, orgId }: LineRow, known: Set<number>): string {
  if (rantId === null || orgId === null) return `${line}\n`;
  return `${organization(rantId, orgId, known)}${line}\n`;
}

function organization(id: number, orgId: string, known: Set<number>): string {
  if (known.has(id)) return '';
  known.add(id);
  return `${JSON.stringify({ put: 'Organization', id, orgId })}\n`;
}

async function firstRequest(db: ClientBase, interval: { since: string | null; fromXid: string }) {
  // OFFSET 0: else it is looked for from the first request of all on.
  const { rows } = await db.query<{ id: number | null }>(
    `SELECT min(id) AS id FROM (
       SELECT id FROM sppp.transaction WHERE xid >= $1 AND sppp.is_after(xid, $2::pg_snapshot) OFFSET 0) request`,
    [interval.fromXid, interval.since],
  );
  return rows[0]?.id ?? null;
}
