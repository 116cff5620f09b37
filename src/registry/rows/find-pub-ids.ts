import type { ClientBase } from 'pg';
import { statement } from '../connection/statement.js';
import { nameColumns, type PubIdRowName, pubIdRowKey } from './pub-id-row.js';

const idRows = statement<PubIdRowName & { id: number }>(
  'find public identifiers',
  `SELECT id, rant_id AS "rantId", kind AS type, value
     FROM sppp.public_identifier
    WHERE (value, kind, rant_id) IN (SELECT * FROM unnest($1::text[], $2::sppp.public_identifier_kind[], $3::int[]))`,
);

/** The row ids of the public identifiers that exist, by pubIdRowKey. */
export async function findPubIds(db: ClientBase, names: readonly PubIdRowName[]): Promise<Map<string, number>> {
  const rows = await idRows(db, nameColumns(names));
  return new Map(rows.map((row) => [pubIdRowKey(row), row.id]));
}
