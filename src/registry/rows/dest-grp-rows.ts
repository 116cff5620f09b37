import type { ClientBase } from 'pg';
import type { NamedRow } from './named-rows.js';
import { stampReferrers } from './pub-id-references.js';
import type { Stamp } from './stamp.js';

export interface DestGrpRow extends NamedRow {
  readonly name: string;
  readonly ext: string | undefined;
}

/**
 * Creates destination groups, or replaces existing ones (RFC 7877 §7.1). Each name comes once. Only new ones take an id from
 * the sequence: memberships have four bytes for it.
 */
export async function putDestGrps(db: ClientBase, stamp: Stamp, rows: readonly DestGrpRow[]): Promise<void> {
  await db.query(
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
    [
      stamp.transactionId,
      stamp.at,
      rows.map(({ isModified }) => (isModified ? stamp.at : undefined)),
      rows.map(({ rantId }) => rantId),
      rows.map(({ rarId }) => rarId),
      rows.map(({ name }) => name),
      rows.map(({ nameKey }) => nameKey),
      rows.map(({ ext }) => ext),
    ],
  );
}

/** Deletes destination groups. Objects that refer to them stay, without the reference (RFC 7877 §7.2). */
export async function deleteDestGrps(db: ClientBase, stamp: Stamp, ids: readonly number[]): Promise<void> {
  await stampReferrers(db, stamp, { name: 'destination_group_member', to: 'destination_group_id' }, ids);
  await db.query(
    `UPDATE sppp.sed_group SET transaction_id = $1, m_date = greatest($2, c_date, m_date)
      WHERE id IN (SELECT sed_group_id FROM sppp.sed_group_dest_grp WHERE destination_group_id = ANY ($3))`,
    [stamp.transactionId, stamp.at, ids],
  );
  await db.query('DELETE FROM sppp.destination_group WHERE id = ANY ($1)', [ids]);
}
