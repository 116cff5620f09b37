import type { QueryResultRow } from 'pg';
import type { Key } from '../../model/key.js';
import { type Part, type Place, placeOf, type Walk, type Walked } from './walk.js';

/** Which page of a list. */
export interface ListPage {
  readonly isBackward: boolean;
  /** The page begins behind this place; undefined: with the first object. */
  readonly from: Place | undefined;
  readonly max: number;
}

/** An object of a list. */
export interface Listed {
  readonly key: Key;
  /** Row id of its registrant. */
  readonly rantId: number;
  readonly place: Place;
}

/** Objects of a page, in the order in which it was walked, and behind which place to go on if there may be more. */
export interface ListedPage {
  readonly objects: readonly Listed[];
  readonly end: Place | undefined;
}

/** What lists select of every row besides its key. */
export interface ListedRow extends QueryResultRow {
  readonly rant: string;
  readonly rantId: number;
}

/** Rows as objects; undefined stays what it is. */
export function listedOf<Row extends ListedRow>(
  walk: Walk,
  walked: Walked<Row> | undefined,
  keyOf: (row: Row) => Key,
): ListedPage | undefined {
  return (
    walked && {
      objects: walked.rows.map((row) => ({ key: keyOf(row), rantId: row.rantId, place: placeOf(walk, row) })),
      end: walked.end,
    }
  );
}

/** Behind every text that begins with another one. */
const LAST = '\u{10ffff}';

/** The condition that a column begins with a text; none for an empty one. */
export function beginsWith(column: string, begin: string): Part[] {
  if (begin === '') return [];
  return [(values) => `o.${column} >= ${values.take(begin)} AND o.${column} < ${values.take(begin + LAST)}`];
}

/** The condition that a column has a value; none if any will do. */
export function is(column: string, type: string, value: string | number | boolean | undefined): Part[] {
  return value === undefined ? [] : [(values) => `o.${column} = ${values.take(value)}::${type}`];
}

/** The condition that a column has one of some row ids; none if any will do. */
export function isOneOf(column: string, ids: readonly number[] | undefined): Part[] {
  return ids === undefined ? [] : [(values) => `o.${column} = ANY (${values.take(ids)}::int[])`];
}

/** The condition that a destination group g has a case-folded name, and one of some registrants if these are given. */
export function isDestGrp(name: string, rants: readonly number[] | undefined): Part {
  return (values) => {
    const isNamed = `g.name_key = ${values.take(name)}`;
    return rants === undefined ? isNamed : `${isNamed} AND g.rant_id = ANY (${values.take(rants)}::int[])`;
  };
}

/** What is in destination groups. */
export interface InDestGrps {
  /** A query for the ids of what is in them. */
  readonly among: Part;
  /** The condition that a row o is in one. */
  readonly condition: Part;
}

/**
 * What is in the destination groups g of a condition.
 *
 * @param references the table of references to destination groups
 * @param column its column with the ids of what is in them
 */
export function inDestGrps(references: string, column: string, isDestGrp: Part): InDestGrps {
  return {
    among: (values) => `SELECT m.${column} AS id FROM sppp.destination_group g
      JOIN sppp.${references} m ON m.destination_group_id = g.id WHERE ${isDestGrp(values)}`,
    // Asked row by row: PostgreSQL would make a join of EXISTS, and read the whole table for it.
    condition: (values) => `(SELECT true FROM sppp.${references} m
      JOIN sppp.destination_group g ON g.id = m.destination_group_id
     WHERE m.${column} = o.id AND ${isDestGrp(values)} LIMIT 1)`,
  };
}
