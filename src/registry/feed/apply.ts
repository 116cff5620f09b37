import { randomUUID } from 'node:crypto';
import pg, { type ClientBase, type Pool } from 'pg';
import { OperatorError } from '../../operator-error.js';
import { found } from '../../values/found.js';
import { applyStatements } from './apply-statements.js';
import { readCursor } from './cursor.js';

/** Lines that are applied at once. */
const BATCH = 2000;

/** Characters after which fewer lines are. */
const BATCH_CHARACTERS = 16_777_216;

/** The result of applying a pull. */
export interface Applied {
  readonly cursor: string;
  readonly removed: number;
  readonly put: number;
}

type Line = Readonly<Record<string, unknown>>;

/** Where the database stands that follows a feed; undefined before the first snapshot. */
export async function readPosition(db: Pick<ClientBase, 'query'>, asker: string): Promise<string | undefined> {
  const { rows } = await db.query<{ cursor: string }>('SELECT cursor FROM sppp.feed_position WHERE asker = $1', [
    asker,
  ]);
  return rows[0]?.cursor;
}

/**
 * Brings a database that follows a feed to where the feed ends: all of it or nothing, its position included. The database
 * has the registry's own tables, so that it answers look-ups as the registry does; rows keep their ids.
 *
 * @throws OperatorError for a feed that ends early, does not begin where the last one ended, or a database with other data
 */
export async function applyFeed(pool: Pool, lines: AsyncIterable<string>): Promise<Applied> {
  const db = await pool.connect();
  let isDone = false;
  try {
    await db.query('BEGIN');
    const applied = await applyLines(db, lines);
    await db.query('COMMIT');
    isDone = true;
    return applied;
  } finally {
    db.release(!isDone);
  }
}

async function applyLines(db: ClientBase, lines: AsyncIterable<string>): Promise<Applied> {
  let target: Target | undefined;
  let batch: Line[] = [];
  let characters = 0;
  let number = 0;
  const counts = { removed: 0, put: 0 };
  const flush = async (to: Target) => {
    await fitting(`lines ${number - batch.length} to ${number - 1}`, () => applyBatch(db, to, batch));
    [batch, characters] = [[], 0];
  };
  for await (const text of lines) {
    number += 1;
    const line = readLine(text, number);
    if (target === undefined) {
      target = await fitting(`line ${number}`, () => begin(db, line));
      continue;
    }
    const isNext = kindOf(batch[0]) !== kindOf(line) || batch.length === BATCH || characters > BATCH_CHARACTERS;
    if (isNext || 'end' in line) await flush(target);
    if (typeof line.end === 'string') {
      if (line.removed !== counts.removed || line.put !== counts.put) throw new OperatorError('The feed is not whole.');
      if (readCursor(line.end) === undefined)
        throw new OperatorError(`Line ${number}: no cursor: ${line.end.slice(0, 100)}`);
      return { cursor: await end(db, target, line.end), ...counts };
    }
    if ('remove' in line) counts.removed += 1;
    else if (line.put !== 'Organization') counts.put += 1;
    batch.push(line);
    characters += text.length;
  }
  throw new OperatorError('The feed ends before its last line.');
}

/**
 * SQLSTATE classes of errors in the lines: a wrong value, one that does not fit the other rows, or too much data. Other
 * errors are not caused by the lines.
 */
const DATA_ERROR = /^(?:21|22|23|54|P0)/;

/** Does what lines ask for; values that the database does not take are the feed's fault. */
async function fitting<Outcome>(which: string, work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    const isOfTheLines =
      error instanceof RangeError || (error instanceof pg.DatabaseError && DATA_ERROR.test(error.code ?? ''));
    if (isOfTheLines) throw new OperatorError(`The feed does not fit, ${which}: ${error.message}`);
    throw error;
  }
}

function readLine(text: string, number: number): Line {
  const unreadable = new OperatorError(`Line ${number} is not a line of a feed: ${text.slice(0, 100)}`);
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    throw unreadable;
  }
  if (typeof line !== 'object' || line === null || Array.isArray(line)) throw unreadable;
  const isNamed = (['feed', 'remove', 'put', 'end'] as const).some((name) => Object.hasOwn(line, name));
  if (!isNamed) throw unreadable;
  return line as Line;
}

function kindOf(line: Line | undefined): string {
  if (line === undefined) return '';
  const [verb, noun] = 'remove' in line ? ['remove', line.remove] : ['put', line.put];
  return `${verb} ${typeof noun === 'string' ? noun : ''}`;
}

/** Who follows, and the journal row that local rows name as their writer. */
interface Target {
  readonly asker: string;
  readonly transactionId: number;
}

async function begin(db: ClientBase, head: Line): Promise<Target> {
  const { asker, since, kind } = head;
  if (head.feed !== 1 || typeof asker !== 'string' || (since !== undefined && typeof since !== 'string'))
    throw new OperatorError('Not a feed of version 1.');
  // One pull at a time, and none twice.
  await db.query("SELECT pg_advisory_xact_lock(hashtextextended('sppp feed', 0))");
  const position = await readPosition(db, asker);
  if (kind === 'snapshot') await clear(db, position);
  else if (position === undefined || position !== since) {
    throw new OperatorError(
      `The feed goes on from ${since ?? 'nothing'}, and the database is at ${position ?? 'no position'}.`,
    );
  }
  const { rows } = await db.query<{ id: number }>(
    `INSERT INTO sppp.transaction (server_trans_id, operation, mode, received_at, committed)
     VALUES ($1, 'feed', 'atomic', now(), true) RETURNING id`,
    [randomUUID()],
  );
  return { asker, transactionId: found(rows[0]?.id, 'the row id of the journal row') };
}

/** Makes room for a snapshot, in a database that follows this feed already or holds nothing. */
async function clear(db: ClientBase, position: string | undefined): Promise<void> {
  const { rows } = await db.query<{ isEmpty: boolean }>(
    `SELECT NOT EXISTS (SELECT FROM sppp.organization) AND NOT EXISTS (SELECT FROM sppp.feed_position) AS "isEmpty"`,
  );
  if (position === undefined && rows[0]?.isEmpty !== true) {
    throw new OperatorError('The database holds something else: a feed is followed in a database of its own.');
  }
  for (const table of ['egress_route', 'sed_group', 'public_identifier', 'destination_group', 'sed_record'] as const) {
    await db.query(`DELETE FROM sppp.${table}`);
  }
}

async function end(db: ClientBase, { asker, transactionId }: Target, cursor: string): Promise<string> {
  // Records of others are shown by what refers to them, and go with the last reference.
  await db.query(
    `DELETE FROM sppp.sed_record s USING sppp.organization o
      WHERE o.id = s.rant_id AND o.org_id <> $1
        AND NOT EXISTS (SELECT FROM sppp.sed_group_sed_record r WHERE r.sed_record_id = s.id)
        AND NOT EXISTS (SELECT FROM sppp.public_identifier_sed_record r WHERE r.sed_record_id = s.id)`,
    [asker],
  );
  await db.query(
    `INSERT INTO sppp.feed_position (asker, cursor) VALUES ($1, $2)
     ON CONFLICT (asker) DO UPDATE SET cursor = excluded.cursor, applied_at = now()`,
    [asker, cursor],
  );
  await db.query('UPDATE sppp.transaction SET answered_at = now(), code = 1000 WHERE id = $1', [transactionId]);
  return cursor;
}

async function applyBatch(db: ClientBase, { asker, transactionId }: Target, batch: readonly Line[]): Promise<void> {
  if (batch.length === 0) return;
  const kind = kindOf(batch[0]);
  const statements = Object.hasOwn(applyStatements, kind) ? applyStatements[kind] : undefined;
  if (statements === undefined) throw new OperatorError(`A line of unknown kind: ${kind}`);
  const values = { rows: JSON.stringify(batch), ids: batch.map(({ id }) => id), asker, transactionId };
  for (const { text, takes } of statements) {
    await db.query(
      text,
      takes.map((name) => values[name]),
    );
  }
}
