import type { QueryResultRow } from 'pg';
import { found } from '../../values/found.js';
import type { BasicRow } from './basic-row.js';
import { type NamedTable, rowsOfNames } from './named-rows.js';

/** An object as it is stored, with the id of its row. */
export interface Stored<T> {
  readonly id: number;
  readonly object: T;
}

/** A row that was found by a name: which of the names that were asked for, from 1. */
export interface FoundRow extends BasicRow, QueryResultRow {
  readonly nth: number;
}

/** An object by its registrant's organization id and its case-folded name. */
export interface ObjectName {
  readonly rant: string;
  readonly nameKey: string;
}

/** The same; one that is not the caller's own is found only if it is shared with one of its registrants. */
export interface SharedName extends ObjectName {
  readonly isOwn: boolean;
}

/**
 * Names as rows, called sought, of arrays that are the first parameters.
 *
 * The limit leaves none out. Without it, PostgreSQL makes a plan that suits any number of names for ten of them, finds it
 * too expensive for one, and plans each statement anew.
 */
export function sought(columns: readonly (readonly [name: string, type: string])[]): string {
  const arrays = columns.map(([, type], index) => `$${index + 1}::${type}[]`);
  const names = columns.map(([name]) => name);
  return `(SELECT * FROM unnest(${arrays}) WITH ORDINALITY AS n(${names}, nth) LIMIT cardinality($1::text[])) sought`;
}

const nameColumns = [
  ['rant', 'text'],
  ['name_key', 'text'],
] as const;

/** The objects of a table by ObjectName, with their organizations: of its values as the first parameters. */
export function fromNames(table: NamedTable): string {
  return `${sought(nameColumns)} ${joinsOf(table)}`;
}

/**
 * The objects of a table by SharedName. The fourth parameter has the caller's registrants.
 *
 * @param offersOf the offers that share an object, as what comes behind SELECT, the offer being f
 */
export function fromSharedNames(table: NamedTable, offersOf: string): string {
  return `${sought([...nameColumns, ['is_own', 'boolean']])} ${joinsOf(table)}
    WHERE sought.is_own
       OR EXISTS (SELECT ${offersOf} AND f.offered_to_id = ANY ($4::int[]) AND f.status = 'accepted')`;
}

function joinsOf(table: NamedTable): string {
  return `JOIN sppp.organization rant ON rant.org_id = sought.rant
    ${rowsOfNames(table, '*', { rantId: 'rant.id', nameKey: 'sought.name_key' })}
    JOIN sppp.organization rar ON rar.id = o.rar_id`;
}

/** The arrays of names as the statements take them. */
export function nameArrays(names: readonly ObjectName[]): [string[], string[]] {
  return [names.map(({ rant }) => rant), names.map(({ nameKey }) => nameKey)];
}

/** For each name of a registrant's object the object, or undefined if it was not found. */
export function byName<Name extends Pick<ObjectName, 'rant'>, Row extends FoundRow, T>(
  names: readonly Name[],
  rows: readonly Row[],
  objectOf: (row: Row, name: Name) => T,
): (Stored<T> | undefined)[] {
  const stored: (Stored<T> | undefined)[] = names.map(() => undefined);
  for (const row of rows) {
    const name = found(names[row.nth - 1], 'the name that a row was found by');
    stored[row.nth - 1] = { id: row.id, object: objectOf(row, name) };
  }
  return stored;
}
