import type { Pool } from 'pg';
import { DAY_MS } from '../../values/days.js';
import { type KeptPartitions, keepPartitions } from './keep-partitions.js';
import { readPartitions } from './partitions.js';
import { purgeArchivedRequests, purgeFailedObjects } from './purge.js';
import { type DaysKept, daysToLast } from './retention.js';

/** The rows of tables that are kept as long as archived requests. Codes and deletions are deleted with their journal rows. */
const purges = [
  ['transaction_body', purgeArchivedRequests],
  ['transaction_failure', purgeFailedObjects],
] as const;

/** What was deleted of what the journal has beside its rows. */
export interface Expired extends KeptPartitions {
  /** Rows that were deleted one by one. */
  readonly rows: number;
}

/**
 * Lets what the journal has beside its rows leave with its partitions, and makes those of the day. Then deletes archived requests
 * and failed objects that are older than they may get and are in partitions that stay, because others of the partition are
 * younger: it was made while the setting was another one.
 *
 * @param ended aborted when the node stops
 * @returns undefined if another node is at it
 * @throws what keeping partitions throws, after the rows are deleted
 */
export async function expireBesideJournal(
  pool: Pool,
  now: Date,
  days: DaysKept,
  ended?: AbortSignal,
): Promise<Expired | undefined> {
  const keeping = keepPartitions(pool, now, days, ended);
  const kept = await keeping.catch(() => ({ made: [], dropped: [] }));
  if (kept === undefined) return undefined;
  let rows = 0;
  for (const [table, purge] of purges) {
    const daysAtMost = daysToLast(days[table]);
    const [oldest] = await readPartitions(pool, table);
    if (oldest === undefined || oldest.begin * DAY_MS >= now.getTime() - daysAtMost * DAY_MS) continue;
    rows += await purge(pool, now, daysAtMost);
  }
  await keeping;
  return { ...kept, rows };
}
