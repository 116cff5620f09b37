import type { ClientBase } from 'pg';
import { statement } from '../connection/statement.js';

/** Tables whose rows are identified by registrant and case-folded name (RFC 7878 §7.1.1). */
export type NamedTable = 'destination_group' | 'sed_record' | 'sed_group' | 'egress_route';

export interface RowName {
  readonly rantId: number;
  readonly nameKey: string;
}

/** The values that the rows of all named objects have. */
export interface NamedRow extends RowName {
  readonly rarId: number;
  /** The same request has added the object before: a new row counts as modified already. */
  readonly isModified: boolean;
}

/**
 * A list of names n is joined to its rows o by this. It leaves PostgreSQL one way, to look up each name, whatever it expects in
 * the table (`pub-id-row`).
 */
export function rowsOfNames(
  table: NamedTable,
  columns: string,
  { rantId = 'n.rant_id', nameKey = 'n.name_key' } = {},
): string {
  return `CROSS JOIN LATERAL (SELECT ${columns} FROM sppp.${table}
                               WHERE rant_id = ${rantId} AND name_key = ${nameKey} LIMIT 1) o`;
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
 * How found rows are locked until the transaction ends: as parents of new references, or to be deleted. Locks are taken
 * in the order of row ids, so two requests cannot wait for each other.
 */
export type Hold = 'no hold' | 'as parents' | 'to delete';

const holds: Record<Hold, string> = {
  'no hold': '',
  'as parents': 'FOR KEY SHARE OF o',
  'to delete': 'FOR UPDATE OF o',
};

/** The ids of the named rows that exist, locked as `hold` says. */
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
    // If a row was deleted while this statement waited for it, the same transaction may have made it again.
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
      WHERE o.id = ANY (ARRAY(
            SELECT o.id
              FROM (SELECT * FROM unnest($1::int[], $2::text[]) LIMIT cardinality($1::int[])) AS n(rant_id, name_key)
            ${rowsOfNames(table, 'id')}))
      ORDER BY o.id ${holds[hold]}`,
  );
  return find(db, [names.map(({ rantId }) => rantId), names.map(({ nameKey }) => nameKey)]);
}

/** Names as they are spelled, and their registrants, by row id. */
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
