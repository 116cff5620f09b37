import type { ClientBase, Pool } from 'pg';
import { found } from '../../values/found.js';
import { rowBatches } from '../connection/row-batches.js';
import { READING_ALL } from '../connection/session.js';
import { boundsOf, type Cursor, readCursor, writeCursor } from './cursor.js';
import type { LineRow, Pull } from './line-query.js';
import { puts, removals } from './lines.js';
import { readShares } from './shares.js';

export interface FeedQuestion {
  /** Organization whose view it is. */
  readonly asker: string;
  /** Cursor of the last pull; without it, everything. */
  readonly since?: string | undefined;
}

/**
 * The reason for which a feed is refused: an unknown organization, a cursor that this server did not make, or one that
 * is too old.
 */
export interface FeedFault {
  readonly fault: 'asker' | 'cursor' | 'gone';
  readonly reason: string;
}

/** Rows that are fetched at once. */
const BATCH = 1000;

const again = 'Take a new snapshot: a feed without since.';

/** The ends of the interval, as the transaction sees them. */
interface Ends {
  readonly askerId: number | null;
  readonly database: string;
  readonly snapshot: string;
  readonly horizon: number;
}

/**
 * The data that an organization may see, or their changes since the cursor, from one snapshot of the database
 * (docs/feeds.md). If the first item is a fault, it is the only one. Otherwise each item is text: some lines of JSON. A
 * caller that stops before the end calls return().
 */
export async function* feed(pool: Pool, question: FeedQuestion): AsyncGenerator<string | FeedFault, undefined> {
  const db = await pool.connect();
  let isDone = false;
  try {
    await db.query(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${READING_ALL}`);
    const ends = await readEnds(db, question.asker);
    const cursor = question.since === undefined ? undefined : readCursor(question.since);
    const fault = faultOf(question, cursor, ends) ?? (await ageFault(db, cursor, ends));
    if (fault !== undefined) yield fault;
    else yield* lines(db, question, cursor, ends);
    await db.query('COMMIT');
    isDone = true;
  } finally {
    db.release(!isDone);
  }
}

/** The first item of a feed: a fault, or its first lines. */
export function isFault(item: string | FeedFault | undefined): item is FeedFault {
  return typeof item === 'object';
}

async function readEnds(db: ClientBase, asker: string): Promise<Ends> {
  const { rows } = await db.query<Ends>(
    `SELECT (SELECT id FROM sppp.organization WHERE org_id = $1 AND removed_at IS NULL) AS "askerId",
            concat_ws('-', (SELECT system_identifier FROM pg_control_system()),
                      (SELECT timeline_id FROM pg_control_checkpoint()),
                      (SELECT oid FROM pg_database WHERE datname = current_database())) AS database,
            pg_current_snapshot()::text AS snapshot, (SELECT xid FROM sppp.feed_horizon) AS horizon`,
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
  const now = boundsOf({ ...cursor, snapshot: ends.snapshot });
  const then = boundsOf(cursor);
  if (cursor.database !== ends.database || then.below > now.below || then.from > now.from) {
    return { fault: 'gone', reason: `The cursor is of another database, or of one before a restore. ${again}` };
  }
  return undefined;
}

/**
 * Whether removals since the cursor may have been purged. Transactions that were open then hold its lower bound
 * back, those of other databases too: only requests of this one count.
 */
async function ageFault(db: ClientBase, cursor: Cursor | undefined, { horizon }: Ends): Promise<FeedFault | undefined> {
  if (cursor === undefined) return undefined;
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
  { askerId, database, snapshot }: Ends,
): AsyncGenerator<string, void> {
  const interval = {
    askerId: found(askerId, 'the organization that a feed is for'),
    since: cursor?.snapshot ?? null,
    fromXid: cursor === undefined ? '0' : String(boundsOf(cursor).from),
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
  const end = writeCursor({ database, askerId: interval.askerId, snapshot });
  yield `${JSON.stringify({ end, ...counts })}\n`;
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
