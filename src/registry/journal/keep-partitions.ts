import type { ClientBase, Pool } from 'pg';
import { DAY_MS } from '../../values/days.js';
import { cancelWhen } from '../connection/cancel-when.js';
import { spareConnection } from '../connection/database.js';
import {
  IDS_PER_DAY,
  lastOf,
  type Partition,
  readDetached,
  readIdState,
  readLeaving,
  readPartitions,
} from './partitions.js';
import { type DaysKept, periodOf } from './retention.js';

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
  days: DaysKept,
  ended?: AbortSignal,
): Promise<KeptPartitions | undefined> {
  if (!(await isDue(pool, now, days))) return { made: [], dropped: [] };
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

/** Whether there is anything to do. Most runs find nothing, and need no connection of their own. */
async function isDue(pool: Pool, now: Date, days: DaysKept): Promise<boolean> {
  const partitions = await readPartitions(pool);
  const { day, ids, hasFormerDays } = await readIdState(pool, now);
  const isEnded = ({ begin, end }: Partition) =>
    end === Number.POSITIVE_INFINITY || (hasFormerDays && day >= end) || ids < begin * IDS_PER_DAY;
  if (lastOf(partitions).some(isEnded)) return true;
  return (await readLeaving(pool, partitions, now, days)).length > 0 || (await readDetached(pool)).length > 0;
}

async function keepAlone(client: ClientBase, now: Date, days: DaysKept): Promise<KeptPartitions> {
  for (const last of lastOf(await readPartitions(client))) {
    if (last.end === Number.POSITIVE_INFINITY) await close(client, last);
  }
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
async function makePartitions(client: ClientBase, now: Date, days: DaysKept): Promise<string[]> {
  const { day, hasFormerDays } = await readIdState(client, now);
  if (day > MAX_DAY) throw new Error(`the clock is wrong, or ids of journal rows are too large: day ${day}`);
  const made: string[] = [];
  for (const { table, end } of lastOf(await readPartitions(client))) {
    if (!hasFormerDays || day < end) continue;
    const period = periodOf(days[table]);
    const name = `${table}_from_${new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '')}`;
    await make(client, table, name, end, (Math.floor(day / period) + 1) * period);
    made.push(name);
  }
  const begin = Math.max(...lastOf(await readPartitions(client)).map((last) => last.begin));
  if (begin === Number.NEGATIVE_INFINITY) return made;
  await client.query('SELECT setval($1::regclass, $2, false) FROM sppp.transaction_id_seq WHERE last_value < $2', [
    'sppp.transaction_id_seq',
    begin * IDS_PER_DAY,
  ]);
  return made;
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
async function dropPartitions(client: ClientBase, now: Date, days: DaysKept): Promise<string[]> {
  const leaving = await readLeaving(client, await readPartitions(client), now, days);
  const detach = ({ table, name }: Partition, how: string) =>
    client.query(`ALTER TABLE sppp.${table} DETACH PARTITION sppp.${name} ${how}`);
  // A table detaches one partition at a time.
  for (const partition of leaving.filter(({ isLeaving }) => isLeaving)) await detach(partition, 'FINALIZE');
  for (const partition of leaving.filter(({ isLeaving }) => !isLeaving)) await detach(partition, 'CONCURRENTLY');
  const detached = await readDetached(client);
  for (const name of detached) await client.query(`DROP TABLE sppp.${name}`);
  return detached;
}

async function inTransaction(client: ClientBase, statements: string): Promise<void> {
  try {
    await client.query(`BEGIN; ${statements}; COMMIT`);
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}
