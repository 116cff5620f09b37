import { type Sender, write } from '../connection/statement.js';
import { type NamedTable, type RowName, rowsOfNames } from './named-rows.js';

/** One row of a list: the object that has the list, and the values of the columns. */
export interface ListEntry {
  readonly of: RowName;
  readonly values: readonly unknown[];
}

/** Writes a list of named objects, in the place of what is stored: first the objects, then all that their lists have. */
export type PutList = (db: Sender, objects: readonly RowName[], entries: readonly ListEntry[]) => void;

/**
 * A list that named objects have in a table of its own. The statements find the objects by their names, so that they need
 * not wait for row ids.
 *
 * @param table the table, whose first column is the object's row id: its name is that of the object's table and `_id`
 * @param columns the other columns with the types of their arrays, in the order of the entries' values
 */
export function namedList(object: NamedTable, table: string, columns: Readonly<Record<string, string>>): PutList {
  const names = Object.keys(columns);
  const arrays = Object.values(columns).map((type, index) => `$${index + 3}::${type}[]`);
  const drop = write(
    `drop ${table}`,
    `DELETE FROM sppp.${table}
      WHERE ${object}_id = ANY (ARRAY(
            SELECT o.id FROM unnest($1::int[], $2::text[]) AS n(rant_id, name_key) ${rowsOfNames(object, 'id')}))`,
  );
  const put = write(
    `put ${table}`,
    `INSERT INTO sppp.${table} (${object}_id, ${names})
     SELECT o.id, ${names.map((name) => `n.${name}`)}
       FROM unnest($1::int[], $2::text[], ${arrays}) AS n(rant_id, name_key, ${names})
      ${rowsOfNames(object, 'id')}`,
  );
  return (db, objects, entries) => {
    drop(db, [objects.map(({ rantId }) => rantId), objects.map(({ nameKey }) => nameKey)]);
    if (entries.length === 0) return;
    put(db, [
      entries.map(({ of }) => of.rantId),
      entries.map(({ of }) => of.nameKey),
      ...names.map((_, column) => entries.map(({ values }) => values[column])),
    ]);
  };
}

/** The entries of a list, with their positions as the first value. */
export function listEntries<Row extends RowName, T>(
  rows: readonly Row[],
  list: (row: Row) => readonly T[],
  values: (one: T) => readonly unknown[],
): ListEntry[] {
  return rows.flatMap((row) => list(row).map((one, position) => ({ of: row, values: [position, ...values(one)] })));
}
