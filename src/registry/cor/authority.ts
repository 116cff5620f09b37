import type { ClientBase, Pool } from 'pg';
import { type AuthoritySpan, writeAuthoritySpan } from '../../model/authority-span.js';
import { OperatorError } from '../../operator-error.js';
import { Narrowest, type Segment } from '../../values/narrowest.js';
import { runTransaction } from '../connection/transaction.js';
import { copyLine, copySets } from '../rows/copy.js';
import { lockAllClaims } from './locks.js';

/** A span with its carrier, and the line of the file that it is from. */
export interface AuthorityRow extends AuthoritySpan {
  readonly line: number;
  readonly space: 'TN' | 'RN';
  /** Organization id, which need not be that of an organization of this registry. */
  readonly carrier: string;
}

export interface AuthorityLoad {
  /** The name of the file, for messages. */
  readonly file: string;
  readonly source: string;
  /** Whether to delete the rows that were loaded from the source before. */
  readonly replace: boolean;
  readonly at: Date;
  /** Called with the present step and its number of rows so far. */
  readonly onProgress?: (what: string, count: number) => void;
}

/** The size of the authority data after a load. */
export interface Loaded {
  readonly rows: number;
  readonly spans: number;
  readonly segments: number;
  /** Carriers that are not organizations of this registry. */
  readonly strangers: number;
}

/** The ids of all organizations. */
export async function allOrgIds(pool: Pool): Promise<ReadonlySet<string>> {
  const { rows } = await pool.query<{ orgId: string }>('SELECT org_id AS "orgId" FROM sppp.organization');
  return new Set(rows.map(({ orgId }) => orgId));
}

/** Rows read from the file or the database at once. */
const BATCH_ROWS = 20_000;

/** Maximum of conflicts that are reported. */
const MAX_REPORTED = 10;

/**
 * Loads authority data, all of them or none. They settle claims made from now on; settleAllClaims settles the earlier
 * ones.
 *
 * @throws OperatorError if the same span is given to two carriers; every error that reading the rows throws
 */
export function loadAuthority(pool: Pool, rows: AsyncIterable<AuthorityRow>, load: AuthorityLoad): Promise<Loaded> {
  return runTransaction(pool, async (db) => {
    await db.query('SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0');
    await db.query(`SELECT pg_advisory_xact_lock(hashtext('sppp cor load'))`);
    const count = await stage(db, rows, load);
    await refuseConflicts(db, load.file);
    await write(db, load);
    const segments = await layOut(db, load);
    const { rows: counts } = await db.query<Pick<Loaded, 'spans' | 'strangers'>>(
      `SELECT (SELECT count(*) FROM sppp.cor_authority) AS spans,
              (SELECT count(DISTINCT carrier) FROM sppp.cor_authority
                WHERE carrier NOT IN (SELECT org_id FROM sppp.organization)) AS strangers`,
    );
    // A request that is settling a claim by the older data commits before this transaction; a later one sees the new
    // data.
    await lockAllClaims(db);
    return { rows: count, segments, spans: counts[0]?.spans ?? 0, strangers: counts[0]?.strangers ?? 0 };
  });
}

async function stage(
  db: ClientBase,
  rows: AsyncIterable<AuthorityRow>,
  { onProgress }: AuthorityLoad,
): Promise<number> {
  await db.query(`CREATE TEMPORARY TABLE cor_staged
    (line integer, space sppp.number_space, kind sppp.public_identifier_kind, value text COLLATE "C",
     numbers text COLLATE "C", carrier text COLLATE "C",
     first bigint GENERATED ALWAYS AS (
       lower(sppp.number_interval(kind, value)) + CASE space WHEN 'RN' THEN sppp.routing_number_offset() ELSE 0 END) STORED,
     last bigint GENERATED ALWAYS AS (
       upper(sppp.number_interval(kind, value)) - 1 + CASE space WHEN 'RN' THEN sppp.routing_number_offset() ELSE 0 END) STORED)
    ON COMMIT DROP`);
  let lines = '';
  let count = 0;
  const flush = async () => {
    if (lines !== '') await copySets(db, [{ into: 'cor_staged (line, space, kind, value, numbers, carrier)', lines }]);
    lines = '';
    onProgress?.('lines read', count);
  };
  for await (const row of rows) {
    lines += copyLine([row.line, row.space, row.kind, row.value, writeAuthoritySpan(row), row.carrier]);
    count += 1;
    if (count % BATCH_ROWS === 0) await flush();
  }
  await flush();
  return count;
}

async function refuseConflicts(db: ClientBase, file: string): Promise<void> {
  const { rows } = await db.query<{ line: number; numbers: string; carrier: string; before: string; at: number }>(
    `SELECT s.line, s.numbers, s.carrier, f.carrier AS before, f.line AS at
       FROM cor_staged s
       JOIN (SELECT DISTINCT ON (first, last) first, last, carrier, line FROM cor_staged ORDER BY first, last, line) f
            USING (first, last)
      WHERE s.carrier <> f.carrier ORDER BY s.line LIMIT $1`,
    [MAX_REPORTED],
  );
  if (rows.length === 0) return;
  const faults = rows.map(
    ({ line, numbers, carrier, before, at }) =>
      `${file}: line ${line}: number ${numbers}, carrier ${carrier}: one carrier for the same numbers, ${before} in line ${at}`,
  );
  throw new OperatorError(faults.join('\n'));
}

async function write(db: ClientBase, { source, replace, at }: AuthorityLoad): Promise<void> {
  if (replace) await db.query('DELETE FROM sppp.cor_authority WHERE source = $1', [source]);
  await db.query(
    `INSERT INTO sppp.cor_authority (source, space, numbers, carrier, first, last, loaded_at)
       SELECT DISTINCT ON (first, last) $1, space, numbers, carrier, first, last, $2::timestamptz
         FROM cor_staged ORDER BY first, last, line
     ON CONFLICT (source, first, last) DO UPDATE
       SET carrier = excluded.carrier, numbers = excluded.numbers, loaded_at = excluded.loaded_at`,
    [source, at],
  );
}

/** Makes one layer without overlaps of the spans. Returns the number of segments. */
async function layOut(db: ClientBase, { onProgress }: AuthorityLoad): Promise<number> {
  await db.query('DELETE FROM sppp.cor_segment');
  await db.query(
    `DECLARE span NO SCROLL CURSOR FOR
       SELECT first::text, last::text, carrier FROM sppp.cor_authority ORDER BY cor_authority.first, loaded_at, id`,
  );
  const narrowest = new Narrowest();
  let count = 0;
  let laid = 0;
  const put = async (segments: readonly Segment[]) => {
    count += segments.length;
    const lines = segments.map(({ first, last, carrier }) => copyLine([String(first), String(last), carrier]));
    if (lines.length > 0) await copySets(db, [{ into: 'sppp.cor_segment', lines: lines.join('') }]);
  };
  for (;;) {
    const { rows } = await db.query<{ first: string; last: string; carrier: string }>(`FETCH ${BATCH_ROWS} FROM span`);
    if (rows.length === 0) break;
    await put(
      rows.flatMap(({ first, last, carrier }) => narrowest.add({ first: BigInt(first), last: BigInt(last), carrier })),
    );
    laid += rows.length;
    onProgress?.('spans laid out', laid);
  }
  await put(narrowest.end());
  await db.query('CLOSE span');
  await db.query('ANALYZE sppp.cor_segment');
  return count;
}
