import type { ClientBase } from 'pg';
import type { DestGrp } from '../../model/dest-grp.js';
import { type Sender, write } from '../connection/statement.js';
import { type BasicRow, basicObj } from './basic-row.js';
import { markReferring } from './lost-references.js';
import type { NamedRow } from './named-rows.js';
import type { Stamp } from './stamp.js';

export interface DestGrpRow extends NamedRow {
  readonly name: string;
  readonly ext: string | undefined;
}

const putRows = write(
  'put destination groups',
  `INSERT INTO sppp.destination_group AS o (transaction_id, c_date, m_date, rant_id, rar_id, name, name_key, ext)
     SELECT $1, $2, * FROM unnest($3::timestamptz[], $4::int[], $5::int[], $6::text[], $7::text[], $8::text[])
         AS n(m_date, rant_id, rar_id, name, name_key, ext)
      ORDER BY rant_id, name_key
     ON CONFLICT (rant_id, name_key) DO UPDATE SET
       transaction_id = excluded.transaction_id, rar_id = excluded.rar_id,
       m_date = greatest(excluded.c_date, o.c_date, o.m_date),
       name = excluded.name, ext = excluded.ext`,
);

/** Creates destination groups, or replaces existing ones (RFC 7877 §7.1). Each name comes once. */
export function putDestGrps(db: Sender, stamp: Stamp, rows: readonly DestGrpRow[]): void {
  if (rows.length === 0) return;
  putRows(db, [
    stamp.transactionId,
    stamp.at,
    rows.map(({ isModified }) => (isModified ? stamp.at : undefined)),
    rows.map(({ rantId }) => rantId),
    rows.map(({ rarId }) => rarId),
    rows.map(({ name }) => name),
    rows.map(({ nameKey }) => nameKey),
    rows.map(({ ext }) => ext),
  ]);
}

const markPubIds = markReferring('public_identifier', 'destination_group_member', 'destination_group_id');
const markSedGrps = markReferring('sed_group', 'sed_group_dest_grp', 'destination_group_id');
const deleteRows = write('delete destination groups', 'DELETE FROM sppp.destination_group WHERE id = ANY ($1)');

/** Deletes destination groups. Objects that refer to them stay without the reference (RFC 7877 §7.2). */
export function deleteDestGrps(db: Sender, stamp: Stamp, ids: readonly number[]): void {
  markPubIds(db, stamp, ids);
  markSedGrps(db, stamp, ids);
  deleteRows(db, [ids]);
}

/** Reads destination groups by row id. */
export async function readDestGrps(db: ClientBase, ids: readonly number[]): Promise<Map<number, DestGrp>> {
  const { rows } = await db.query<BasicRow & { name: string }>(
    `SELECT o.id, rant.org_id AS rant, rar.org_id AS rar, o.c_date AS "cDate", o.m_date AS "mDate", o.ext, o.name
       FROM sppp.destination_group o
       JOIN sppp.organization rant ON rant.id = o.rant_id
       JOIN sppp.organization rar ON rar.id = o.rar_id
      WHERE o.id = ANY ($1)`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, { kind: 'DestGrpType', ...basicObj(row), dgName: row.name }]));
}
