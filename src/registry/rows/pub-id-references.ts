import type { ClientBase } from 'pg';
import type { Stamp } from './stamp.js';

/** Tables of the references that public identifiers have, and their columns that say to what. */
type ReferenceTable =
  | { readonly name: 'destination_group_member'; readonly to: 'destination_group_id' }
  | { readonly name: 'public_identifier_sed_record'; readonly to: 'sed_record_id' };

/**
 * Public identifiers that are about to lose references, because what they refer to is deleted, count as written by the
 * request that deletes it (RFC 7877 §7.2).
 */
export async function stampReferrers(
  db: ClientBase,
  { transactionId, at }: Stamp,
  { name, to }: ReferenceTable,
  ids: readonly number[],
): Promise<void> {
  await db.query(
    `UPDATE sppp.public_identifier
        SET transaction_id = $1, rar_id = coalesce(rar_id, sppp.registrar_of(transaction_id)),
            (c_date, m_date) = (SELECT added, greatest($2, added, m_date)
                                  FROM coalesce(c_date, sppp.received_at(transaction_id)) AS added)
      WHERE id IN (SELECT public_identifier_id FROM sppp.${name} WHERE ${to} = ANY ($3))`,
    [transactionId, at, ids],
  );
}
