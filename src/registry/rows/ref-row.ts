import type { SedRecRef } from '../../model/sed-rec-ref.js';
import { present } from './basic-row.js';

/** A reference to an SED record as it is written. */
export interface RefRow {
  readonly sedRecId: number;
  readonly priority: number;
  readonly ext: string | undefined;
}

/** A reference to an SED record as it is read, with the row that refers. */
export interface RefColumns {
  readonly owner: number;
  readonly rant: string;
  readonly name: string;
  readonly priority: number;
  readonly ext: string | null;
}

/** The reference as an object has it. */
export function sedRecRefOf({ rant, name, priority, ext }: RefColumns): SedRecRef {
  return { sedKey: { kind: 'ObjKeyType', rant, name, type: 'SedRec' }, priority, ...present({ ext }) };
}

/** What each owner has, in the order of the rows. */
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
