import type { ClientBase, Pool } from 'pg';
import { cancelWhen } from '../connection/cancel-when.js';
import { spareConnection } from '../connection/database.js';
import { DAY_MS, type PartitionedTable, periodOf } from './retention.js';

/**
 * How many ids journal rows of one day may have. Ids grow with time: a partition that ends with a day has all ids below the
 * number of that day since 1970 times this.
 */
const IDS_PER_DAY = 10_000_000_000;

/** Ids are safe integers. */
const MAX_DAY = Number.MAX_SAFE_INTEGER / IDS_PER_DAY - 1000;

/** The first partitions, which have the ids from before there were partitions, end with this day. */
const FIRST_DAY = 1000;

/** One node at a time makes and drops partitions. */
const LOCK_KEY = 72707371;

/** Milliseconds for the connection. A statement on it takes as long as it takes. */
const CONNECT_MS = 10_000;

/** Milliseconds that a statement waits for others, who do not wait for it. */
const PATIENCE_MS = 5000;

/** Milliseconds that a statement waits for a lock which others wait behind. */
const SHORT_PATIENCE_MS = 500;

/** The clocks of nodes differ by no more. */
const CLOCKS_MS = 3_600_000;

/** A partition, by its days since 1970: from its first one to before `end`. */
export interface Partition {
  readonly table: PartitionedTable;
  readonly name: string;
  /** -Infinity: it has all ids below its end. */
  readonly begin: number;
  /** Infinity: it was a large table before there were partitions, and is to be checked first. */
  readonly end: number;
  /** It was being detached when that was interrupted. */
  readonly isLeaving: boolean;
}

/** What was done to the partitions of the journal. */
export interface KeptPartitions {
  readonly made: readonly string[];
  readonly dropped: readonly string[];
}

/**
 * Makes the partitions of the day and drops those that are older than the days which their tables are kept. Other nodes may do
 * the same at the same time: one of them does it.
 *
 * Nobody waits for it, except writers once in the life of a registry that had large tables before there were partitions, for
 * half a second at a time. It waits for others 5 s: what is not done by then is done by the next run, which goes on where this
 * one was interrupted.
 *
 * @param ended aborted when the node stops
 * @returns undefined if another node is at it
 */
export async function keepPartitions(
  pool: Pool,
  now: Date,
  days: Readonly<Record<PartitionedTable, number>>,
  ended?: AbortSignal,
): Promise<KeptPartitions | undefined> {
  const own = spareConnection(pool, 'sppp partitions', CONNECT_MS);
  try {
    const client = await own.connect();
    client.on('error', () => undefined); // The next statement fails with the reason.
    const stop = cancelWhen(ended, client);
    try {
      // The lock and the settings end with the session.
      const { rows } = await client.query<{ isAlone: boolean }>(
        `SELECT pg_try_advisory_lock($1) AS "isAlone", set_config('lock_timeout', $2, false),
                set_config('statement_timeout', '0', false)`,
        [LOCK_KEY, PATIENCE_MS],
      );
      return rows[0]?.isAlone === true ? await keepAlone(client, now, days) : undefined;
    } finally {
      stop();
      client.release(true);
    }
  } finally {
    await own.end();
  }
}

/** The partitions of a table, or of all, the oldest first. */
export async function readPartitions(db: Pick<ClientBase, 'query'>, table?: PartitionedTable): Promise<Partition[]> {
  const { rows } = await db.query<Omit<Partition, 'begin' | 'end'> & { bounds: string }>(
    `SELECT p.relname::text AS "table", c.relname::text AS name, i.inhdetachpending AS "isLeaving",
            pg_get_expr(c.relpartbound, c.oid) AS bounds
       FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_class c ON c.oid = i.inhrelid
      WHERE p.relnamespace = 'sppp'::regnamespace AND p.relkind = 'p' AND p.relname = coalesce($1, p.relname)`,
    [table],
  );
  return rows.map(({ bounds, ...rest }) => ({ ...rest, ...daysOf(bounds) })).sort((a, b) => a.end - b.end);
}

function daysOf(bounds: string): Pick<Partition, 'begin' | 'end'> {
  const [, from, to] = /\((?:MINVALUE|'(\d+)')\) TO \((?:MAXVALUE|'(\d+)')\)/.exec(bounds) ?? [];
  return {
    begin: from === undefined ? Number.NEGATIVE_INFINITY : Number(from) / IDS_PER_DAY,
    end: to === undefined ? Number.POSITIVE_INFINITY : Number(to) / IDS_PER_DAY,
  };
}

async function keepAlone(
  client: ClientBase,
  now: Date,
  days: Readonly<Record<PartitionedTable, number>>,
): Promise<KeptPartitions> {
  for (const partition of await readPartitions(client))
    if (partition.end === Number.POSITIVE_INFINITY) await close(client, partition);
  const made = await makePartitions(client, now, days);
  const dropped = await dropPartitions(client, now, days);
  return { made, dropped };
}

/**
 * Bounds the partition that was a large table before there were partitions. The check of its rows keeps nobody waiting; then
 * PostgreSQL need not read it while writers wait.
 */
async function close(client: ClientBase, { table, name }: Partition): Promise<void> {
  await client.query(`ALTER TABLE sppp.${name} VALIDATE CONSTRAINT ids_of_range`);
  await inTransaction(
    client,
    `SET LOCAL lock_timeout = ${SHORT_PATIENCE_MS};
     ALTER TABLE sppp.${table} DETACH PARTITION sppp.${name};
     ALTER TABLE sppp.${table} ATTACH PARTITION sppp.${name} FOR VALUES FROM (MINVALUE) TO (${FIRST_DAY * IDS_PER_DAY});
     ALTER TABLE sppp.${name} DROP CONSTRAINT ids_of_range`,
  );
}

/** Makes the partition of the day for each table whose last one has ended, and lets new journal rows go there. */
async function makePartitions(
  client: ClientBase,
  now: Date,
  days: Readonly<Record<PartitionedTable, number>>,
): Promise<string[]> {
  const today = Math.floor(now.getTime() / DAY_MS);
  const { rows } = await client.query<{ isNeeded: boolean; ids: number }>(
    `SELECT EXISTS (SELECT FROM sppp.transaction WHERE received_at < $1) AS "isNeeded", last_value::float8 AS ids
       FROM sppp.transaction_id_seq`,
    [new Date(today * DAY_MS)],
  );
  const [state] = rows;
  // A registry that began today goes on in its first partitions.
  if (state?.isNeeded !== true) return [];
  const made: string[] = [];
  const last = lastOf(await readPartitions(client));
  // After a clock that was wrong, or a restored sequence, ids may be ahead of the day.
  const day = Math.max(today, Math.floor(state.ids / IDS_PER_DAY));
  if (day > MAX_DAY) throw new Error(`the clock is wrong, or ids of journal rows are too large: day ${day}`);
  for (const { table, end } of last) {
    if (day < end) continue;
    const period = periodOf(days[table]);
    const name = `${table}_from_${new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '')}`;
    await make(client, table, name, end, (Math.floor(day / period) + 1) * period);
    made.push(name);
  }
  const begin = Math.max(...lastOf(await readPartitions(client)).map((each) => each.begin));
  await client.query('SELECT setval($1::regclass, $2, false) FROM sppp.transaction_id_seq WHERE last_value < $2', [
    'sppp.transaction_id_seq',
    begin * IDS_PER_DAY,
  ]);
  return made;
}

/** The last partition of each table. */
function lastOf(partitions: readonly Partition[]): Partition[] {
  return [...new Map(partitions.map((partition) => [partition.table, partition])).values()];
}

/** Makes a partition of the days from the first number to before the second one. It belongs to the owner of the table. */
async function make(client: ClientBase, table: string, name: string, begin: number, end: number): Promise<void> {
  const { rows } = await client.query<{ owner: string }>(
    'SELECT quote_ident(pg_get_userbyid(relowner)) AS owner FROM pg_class WHERE oid = $1::regclass',
    [`sppp.${table}`],
  );
  await inTransaction(
    client,
    `SET LOCAL ROLE ${rows[0]?.owner};
     CREATE TABLE sppp.${name} (LIKE sppp.${table} INCLUDING ALL);
     ALTER TABLE sppp.${table} ATTACH PARTITION sppp.${name}
       FOR VALUES FROM (${begin * IDS_PER_DAY}) TO (${end * IDS_PER_DAY})`,
  );
}

/** Drops the partitions that are too old, and what an interrupted run has left of others. Returns their names. */
async function dropPartitions(
  client: ClientBase,
  now: Date,
  days: Readonly<Record<PartitionedTable, number>>,
): Promise<string[]> {
  const partitions = await readPartitions(client);
  for (const { table, name, isLeaving } of partitions) {
    if (isLeaving) await client.query(`ALTER TABLE sppp.${table} DETACH PARTITION sppp.${name} FINALIZE`);
  }
  const last = new Set(lastOf(partitions));
  for (const partition of partitions) {
    const { table, name, isLeaving } = partition;
    if (isLeaving || last.has(partition) || !(await isOver(client, partition, now.getTime() - days[table] * DAY_MS)))
      continue;
    await client.query(`ALTER TABLE sppp.${table} DETACH PARTITION sppp.${name} CONCURRENTLY`);
  }
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname::text AS name FROM pg_class
      WHERE relnamespace = 'sppp'::regnamespace AND relkind = 'r' AND NOT relispartition
        AND relname ~ '^(transaction_body|transaction_failure|transaction_code|deletion)_(first|from_[0-9]{8})$' ORDER BY 1`,
  );
  for (const { name } of rows) await client.query(`DROP TABLE sppp.${name}`);
  return rows.map(({ name }) => name);
}

/**
 * Whether all requests of a partition came before a time, in milliseconds, and no further one can be in it. A request may go on
 * past the end of its day, and the node that makes the next partition may have been late: so its last journal row counts, too.
 */
async function isOver(client: ClientBase, { end }: Partition, before: number): Promise<boolean> {
  if ((end + 1) * DAY_MS > before) return false;
  const { rows } = await client.query<{ isOver: boolean }>(
    `SELECT s.last_value >= $1 AND NOT EXISTS (
              SELECT FROM (SELECT coalesce(answered_at, received_at) AS at FROM sppp.transaction
                            WHERE id < $1 ORDER BY id DESC LIMIT 1) t
               WHERE t.at >= $2) AS "isOver"
       FROM sppp.transaction_id_seq s`,
    [end * IDS_PER_DAY, new Date(before - CLOCKS_MS)],
  );
  return rows[0]?.isOver === true;
}

async function inTransaction(client: ClientBase, statements: string): Promise<void> {
  try {
    await client.query(`BEGIN; ${statements}; COMMIT`);
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}
