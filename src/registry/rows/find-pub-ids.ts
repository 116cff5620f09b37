import type { ClientBase } from 'pg';
import { statement } from '../connection/statement.js';
import { HAS_NAME, nameColumns, type PubIdRowName, pubIdRowKey } from './pub-id-row.js';

const idRows = statement<PubIdRowName & { id: number }>(
  'find public identifiers',
  `SELECT p.id, p.rant_id AS "rantId", p.kind AS type, p.value
     FROM unnest($1::text[], $2::sppp.public_identifier_kind[], $3::int[]) AS n(value, kind, rant_id)
     JOIN sppp.public_identifier p ON ${HAS_NAME}`,
);

/** The row ids of the public identifiers that exist, by pubIdRowKey. */
export async function findPubIds(db: ClientBase, names: readonly PubIdRowName[]): Promise<Map<string, number>> {
  const rows = await idRows(db, nameColumns(names));
  return new Map(rows.map((row) => [pubIdRowKey(row), row.id]));
}
