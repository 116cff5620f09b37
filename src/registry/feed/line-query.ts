import type { Interval, Shares } from './shares.js';

/** A statement whose rows are lines of a feed, each with the organization that it speaks of. */
export interface LineQuery {
  readonly text: string;
  readonly values: readonly unknown[];
}

export interface LineRow {
  readonly line: string;
  /** Of an object that is put: its registrant. Null for a removal. */
  readonly orgId: string | null;
  readonly rantId: number | null;
}

/** An interval, the shares at both of its ends, and the first request in it, if it has any. */
export interface Pull extends Interval {
  readonly shares: Shares;
  readonly firstTransactionId: number | null;
}

/** Each statement has its own values; `of` numbers them as they are named. */
export function lineQuery(write: (of: (value: unknown) => string) => string): LineQuery {
  const values: unknown[] = [];
  const text = write((value) => `$${values.push(value)}`);
  return { text, values };
}

/** Those ids that are not among the others, in their order. */
export function without(ids: readonly number[], others: readonly number[]): number[] {
  const out = new Set(others);
  return ids.filter((id) => !out.has(id));
}

/** A condition: whether a row was written by a request of the interval, by the column that names its writer. */
export function isNew(of: (value: unknown) => string, { since, fromXid }: Interval, column: string): string {
  return `EXISTS (SELECT FROM sppp.transaction t
                   WHERE t.id = ${column} AND t.xid >= ${of(fromXid)}::bigint
                     AND sppp.is_after(t.xid, ${of(since)}::pg_snapshot))`;
}
