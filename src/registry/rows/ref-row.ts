import type { SedRecRef } from '../../model/sed-rec-ref.js';
import { present } from './basic-row.js';

/** A reference to an SED record, to be stored. */
export interface RefRow {
  readonly sedRecId: number;
  readonly priority: number;
  readonly ext: string | undefined;
}

/** A stored reference to an SED record, with the row that has it. */
export interface RefColumns {
  readonly owner: number;
  readonly rant: string;
  readonly name: string;
  readonly priority: number;
  readonly ext: string | null;
}

/** The reference as an element of an object. */
export function sedRecRefOf({ rant, name, priority, ext }: RefColumns): SedRecRef {
  return { sedKey: { kind: 'ObjKeyType', rant, name, type: 'SedRec' }, priority, ...present({ ext }) };
}

/** Groups rows by their owner, in the order of the rows. */
export function gather<Row extends { readonly owner: number }, T>(
  rows: readonly Row[],
  of: (row: Row) => T,
): Map<number, T[]> {
  const gathered = new Map<number, T[]>();
  for (const row of rows) {
    const list = gathered.get(row.owner);
    if (list === undefined) gathered.set(row.owner, [of(row)]);
    else list.push(of(row));
  }
  return gathered;
}
