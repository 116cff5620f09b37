import { type Sender, write } from '../connection/statement.js';
import { markReferring } from './lost-references.js';
import type { NamedRow } from './named-rows.js';
import type { Stamp } from './stamp.js';

export interface DestGrpRow extends NamedRow {
  readonly name: string;
  readonly ext: string | undefined;
}

const putRows = write(
  'put destination groups',
  `INSERT INTO sppp.destination_group AS o (id, transaction_id, c_date, m_date, rant_id, rar_id, name, name_key, ext)
     OVERRIDING SYSTEM VALUE
     SELECT coalesce((SELECT d.id FROM sppp.destination_group d WHERE (d.rant_id, d.name_key) = (n.rant_id, n.name_key)),
                     nextval('sppp.destination_group_id_seq')), $1, $2, *
       FROM unnest($3::timestamptz[], $4::int[], $5::int[], $6::text[], $7::text[], $8::text[])
         AS n(m_date, rant_id, rar_id, name, name_key, ext)
      ORDER BY rant_id, name_key
     ON CONFLICT (rant_id, name_key) DO UPDATE SET
       transaction_id = excluded.transaction_id, rar_id = excluded.rar_id,
       m_date = greatest(excluded.c_date, o.c_date, o.m_date),
       name = excluded.name, ext = excluded.ext`,
);

/**
 * Creates destination groups, or replaces existing ones (RFC 7877 §7.1). Each name comes once. Only new ones take an id from
 * the sequence: memberships have four bytes for it.
 */
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
