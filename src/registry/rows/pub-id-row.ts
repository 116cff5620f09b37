import type { PubIdName } from '../../model/identity.js';
import type { RefRow } from './ref-row.js';

/** What identifies a public identifier's row: the unique key of its table. */
export interface PubIdRowName extends Pick<PubIdName, 'type' | 'value'> {
  readonly rantId: number;
}

export interface PubIdRow extends PubIdRowName {
  /** The journal row of the request that writes it, which has its registrar: requests may share a set. */
  readonly transactionId: number;
  /** When it is added, if it is new; absent: when that request came. */
  readonly addedAt: Date | undefined;
  /** The request itself has added it before: a new row counts as modified already. */
  readonly isModified: boolean;
  readonly spelling: string;
  /** For ranges and prefixes, the digit strings from `from` up to, not including, `below`. */
  readonly span: { readonly from: string; readonly below: string } | undefined;
  readonly corClaim: boolean | undefined;
  readonly cor: boolean | undefined;
  readonly corDate: Date | undefined;
  readonly ext: string | undefined;
  readonly ownExt: string | undefined;
  readonly destGrpIds: readonly number[];
  readonly sedRecRefs: readonly RefRow[];
}

/** The arrays of row names as the statements take them: values, kinds, registrants. */
export function nameColumns(names: readonly PubIdRowName[]): [string[], string[], number[]] {
  return [names.map(({ value }) => value), names.map(({ type }) => type), names.map(({ rantId }) => rantId)];
}

/**
 * A list of names n is joined to its rows p by one of these two. Both leave PostgreSQL one way, to look up each name, whatever
 * it expects: of a table whose rows were all deleted and vacuumed it expects none until it is analyzed again, and would read
 * the list for each row of the table.
 */
export function rowsOfNames(columns: string, { list = 'n', row = 'p' } = {}): string {
  return `CROSS JOIN LATERAL (SELECT ${columns} FROM sppp.public_identifier
     WHERE value = ${list}.value AND kind = ${list}.kind AND rant_id = ${list}.rant_id LIMIT 1) ${row}`;
}

/** The condition for rows that are to be written. No join by hashing or merging, nor in another order, can be made of it. */
export const HAS_NAME = `p.value = ANY (ARRAY[n.value])
  AND p.kind IS NOT DISTINCT FROM n.kind AND p.rant_id IS NOT DISTINCT FROM n.rant_id`;

/** One text per row name. */
export function pubIdRowKey({ rantId, type, value }: PubIdRowName): string {
  return `${rantId} ${type} ${value}`;
}

/** Indexes of the rows in the order of the table's key: the index likes it, and two requests cannot wait for each other. */
export function inKeyOrder(rows: readonly PubIdRowName[]): number[] {
  const order = rows.map((_, index) => index);
  const valueAt = (index: number) => rows[index]?.value ?? '';
  return order.sort((a, b) => (valueAt(a) < valueAt(b) ? -1 : valueAt(a) > valueAt(b) ? 1 : a - b));
}
