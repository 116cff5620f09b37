/** Tables of what the journal has beside its rows. They are partitioned by time. */
export const partitionedTables = ['transaction_body', 'transaction_failure', 'transaction_code', 'deletion'] as const;
export type PartitionedTable = (typeof partitionedTables)[number];

/** How many days the rows of each table are kept. */
export type DaysKept = Readonly<Record<PartitionedTable, number>>;

/** Days of a partition. */
const PERIODS = [365, 30, 7, 1];

/**
 * The days of a partition of what is kept for some days: the longest of a year, thirty days, a week and a day that is at most a
 * tenth of them. So a table has about ten to a hundred partitions.
 */
export function periodOf(daysKept: number): number {
  return PERIODS.find((period) => period * 10 <= daysKept) ?? 1;
}

/**
 * The days after which a row is surely gone that is kept for some days. Its partition leaves when the last row of it may, and a
 * day later for requests that have gone on past midnight.
 */
export function daysToLast(daysKept: number): number {
  return daysKept + periodOf(daysKept) + 1;
}
