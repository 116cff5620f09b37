import type { ClientBase } from 'pg';
import { statement } from './statement.js';

/** Tables whose rows are known by registrant and case-folded name (RFC 7878 §7.1.1). */
export type NamedTable = 'destination_group' | 'sed_record' | 'sed_group' | 'egress_route';

export interface RowName {
  readonly rantId: number;
  readonly nameKey: string;
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
  if (names.length === 0) return ids;
  const find = statement<RowName & { id: number }>(
    `find ${table} ${hold}`,
    `SELECT o.id, o.rant_id AS "rantId", o.name_key AS "nameKey"
       FROM sppp.${table} o
      WHERE (o.rant_id, o.name_key) IN (SELECT * FROM unnest($1::int[], $2::text[]))
      ORDER BY o.id ${holds[hold]}`,
  );
  const rows = await find(db, [names.map(({ rantId }) => rantId), names.map(({ nameKey }) => nameKey)]);
  for (const row of rows) ids.set(row, row.id);
  return ids;
}
