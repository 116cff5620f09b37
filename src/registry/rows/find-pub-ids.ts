import type { ClientBase } from 'pg';
import { statement } from '../connection/statement.js';
import { nameColumns, type PubIdRowName, pubIdRowKey, rowsOfNames } from './pub-id-row.js';

const idRows = statement<PubIdRowName & { id: number }>(
  'find public identifiers',
  `SELECT p.id, p.rant_id AS "rantId", p.kind AS type, p.value
     FROM unnest($1::text[], $2::sppp.public_identifier_kind[], $3::int[]) AS n(value, kind, rant_id)
    ${rowsOfNames('id, rant_id, kind, value')}`,
);

/** The row ids of the public identifiers that exist, by pubIdRowKey. */
export async function findPubIds(db: ClientBase, names: readonly PubIdRowName[]): Promise<Map<string, number>> {
  const rows = await idRows(db, nameColumns(names));
  return new Map(rows.map((row) => [pubIdRowKey(row), row.id]));
}
