import type { ClientBase, Pool } from 'pg';
import { DAY_MS } from '../../values/days.js';
import { type DaysKept, type PartitionedTable, partitionedTables } from './retention.js';

/**
 * How many ids journal rows of one day may have. Ids grow with time: a partition that ends with a day has all ids below the
 * number of that day since 1970 times this.
 */
export const IDS_PER_DAY = 10_000_000_000;

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

type Asked = Pick<ClientBase | Pool, 'query'>;

/** The partitions of a table, or of all, the oldest first. */
export async function readPartitions(db: Asked, table?: PartitionedTable): Promise<Partition[]> {
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

/** What the ids of journal rows say about the partitions that there should be. */
export interface IdState {
  /** The day of the next journal row, which is to be in a partition. */
  readonly day: number;
  /** The last id that was given, or the first one that is to be given. */
  readonly ids: number;
  /** A registry that began today goes on in its first partitions. */
  readonly hasFormerDays: boolean;
}

/** Reads that. */
export async function readIdState(db: Asked, now: Date): Promise<IdState> {
  const today = Math.floor(now.getTime() / DAY_MS);
  const { rows } = await db.query<Omit<IdState, 'day'>>(
    `SELECT EXISTS (SELECT FROM sppp.transaction WHERE received_at < $1) AS "hasFormerDays", last_value::float8 AS ids
       FROM sppp.transaction_id_seq`,
    [new Date(today * DAY_MS)],
  );
  const { ids = 0, hasFormerDays = false } = rows[0] ?? {};
  // After a clock that was wrong, or a restored sequence, ids may be ahead of the day.
  return { day: Math.max(today, Math.floor(ids / IDS_PER_DAY)), ids, hasFormerDays };
}

/** The last partition of each table. */
export function lastOf(partitions: readonly Partition[]): Partition[] {
  return [...new Map(partitions.map((partition) => [partition.table, partition])).values()];
}

/** The partitions that may leave, the oldest first. */
export async function readLeaving(
  db: Asked,
  partitions: readonly Partition[],
  now: Date,
  days: DaysKept,
): Promise<Partition[]> {
  const last = new Set(lastOf(partitions));
  const leaving: Partition[] = [];
  for (const partition of partitions) {
    if (last.has(partition)) continue;
    if (partition.isLeaving || (await isOver(db, partition, now.getTime() - days[partition.table] * DAY_MS)))
      leaving.push(partition);
  }
  return leaving;
}

/**
 * Whether all requests of a partition came before a time, in milliseconds, and no further one can be in it. A request may go on
 * past the end of its day, and the node that makes the next partition may have been late: so its last journal row counts, too.
 */
async function isOver(db: Asked, { end }: Partition, before: number): Promise<boolean> {
  if ((end + 1) * DAY_MS > before) return false;
  const { rows } = await db.query<{ isOver: boolean }>(
    `SELECT s.last_value >= $1 AND NOT EXISTS (
              SELECT FROM (SELECT coalesce(answered_at, received_at) AS at FROM sppp.transaction
                            WHERE id < $1 ORDER BY id DESC LIMIT 1) t
               WHERE t.at >= $2) AS "isOver"
       FROM sppp.transaction_id_seq s`,
    [end * IDS_PER_DAY, new Date(before - CLOCKS_MS)],
  );
  return rows[0]?.isOver === true;
}

/** Tables that were partitions, and were to be dropped. */
export async function readDetached(db: Asked): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    `SELECT relname::text AS name FROM pg_class
      WHERE relnamespace = 'sppp'::regnamespace AND relkind = 'r' AND NOT relispartition
        AND relname ~ '^(${partitionedTables.join('|')})_(first|from_[0-9]{8})$' ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}
