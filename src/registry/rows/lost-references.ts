import { type Sender, write } from '../connection/statement.js';
import type { Stamp } from './stamp.js';

/** A public identifier may leave it to its journal row when it was added, and by whom: it gets another one now. */
const OF_PUB_ID = `rar_id = coalesce(rar_id, sppp.registrar_of(transaction_id)),
       (c_date, m_date) = (SELECT added, greatest($2, added, m_date)
                             FROM coalesce(c_date, sppp.received_at(transaction_id)) AS added)`;
const OF_OTHERS = 'm_date = greatest($2, c_date, m_date)';

/** Marks objects as modified, since they lose a reference to objects that are going to be deleted (RFC 7877 §7.2). */
export type MarkReferring = (db: Sender, stamp: Stamp, deletedIds: readonly number[]) => void;

/**
 * @param object the table of the objects that refer to others
 * @param references the table of their references; `deleted` is its column for what they refer to
 */
export function markReferring(object: string, references: string, deleted: string): MarkReferring {
  const mark = write(
    `mark ${object} by ${references}`,
    `UPDATE sppp.${object} SET transaction_id = $1, ${object === 'public_identifier' ? OF_PUB_ID : OF_OTHERS}
      WHERE id = ANY (ARRAY(SELECT ${object}_id FROM sppp.${references} WHERE ${deleted} = ANY ($3)))`,
  );
  return (db, { transactionId, at }, deletedIds) => mark(db, [transactionId, at, deletedIds]);
}
