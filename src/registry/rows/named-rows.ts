import type { ClientBase } from 'pg';
import { statement } from '../connection/statement.js';

/** Tables whose rows are known by registrant and case-folded name (RFC 7878 §7.1.1). */
export type NamedTable = 'destination_group' | 'sed_record' | 'sed_group' | 'egress_route';

export interface RowName {
  readonly rantId: number;
  readonly nameKey: string;
}

/** What the rows of all named objects are written with. */
export interface NamedRow extends RowName {
  readonly rarId: number;
  /** The request itself has added the object before: a new row counts as modified already. */
  readonly isModified: boolean;
}

/** Row ids by name, as findNamed returns them. */
export class NamedIds {
  readonly #ids = new Map<string, number>();

  set({ rantId, nameKey }: RowName, id: number): void {
    this.#ids.set(`${rantId} ${nameKey}`, id);
  }

  get({ rantId, nameKey }: RowName): number | undefined {
    return this.#ids.get(`${rantId} ${nameKey}`);
  }
}

/**
 * How rows that were found are held until the end of the transaction: as parents of new references, or to be deleted.
 * Always in the order of their ids, so that two requests cannot wait for each other.
 */
export type Hold = 'no hold' | 'as parents' | 'to delete';

const holds: Record<Hold, string> = {
  'no hold': '',
  'as parents': 'FOR KEY SHARE OF o',
  'to delete': 'FOR UPDATE OF o',
};

/** The ids of those rows that are there. */
export async function findNamed(
  db: ClientBase,
  table: NamedTable,
  names: readonly RowName[],
  hold: Hold,
): Promise<NamedIds> {
  const ids = new NamedIds();
  let sought = names;
  while (sought.length > 0) {
    for (const row of await look(db, table, sought, hold)) ids.set(row, row.id);
    const absent = sought.filter((name) => ids.get(name) === undefined);
    // One that was deleted while this waited for it may have been made again in the same transaction.
    sought = hold === 'no hold' || absent.length === 0 ? [] : await look(db, table, absent, 'no hold');
  }
  return ids;
}

function look(
  db: ClientBase,
  table: NamedTable,
  names: readonly RowName[],
  hold: Hold,
): Promise<(RowName & { id: number })[]> {
  const find = statement<RowName & { id: number }>(
    `find ${table} ${hold}`,
    `SELECT o.id, o.rant_id AS "rantId", o.name_key AS "nameKey"
       FROM sppp.${table} o
      WHERE (o.rant_id, o.name_key) IN (SELECT * FROM unnest($1::int[], $2::text[]))
      ORDER BY o.id ${holds[hold]}`,
  );
  return find(db, [names.map(({ rantId }) => rantId), names.map(({ nameKey }) => nameKey)]);
}

/** Names by row id, as they are spelled, and whose the rows are. */
export async function readNames(
  db: ClientBase,
  table: NamedTable,
  ids: readonly number[],
): Promise<ReadonlyMap<number, { readonly rant: string; readonly name: string }>> {
  const { rows } = await db.query<{ id: number; rant: string; name: string }>(
    `SELECT o.id, rant.org_id AS rant, o.name
       FROM sppp.${table} o JOIN sppp.organization rant ON rant.id = o.rant_id
      WHERE o.id = ANY ($1)`,
    [ids],
  );
  return new Map(rows.map(({ id, rant, name }) => [id, { rant, name }]));
}
