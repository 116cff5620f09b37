import { type Sender, write } from '../connection/statement.js';
import type { Stamp } from './stamp.js';

/** Marks objects as modified, since they lose a reference to objects that are going to be deleted (RFC 7877 §7.2). */
export type MarkReferring = (db: Sender, stamp: Stamp, deletedIds: readonly number[]) => void;

/**
 * @param object the table of the objects that refer to others
 * @param references the table of their references; `deleted` is its column for what they refer to
 */
export function markReferring(object: string, references: string, deleted: string): MarkReferring {
  const mark = write(
    `mark ${object} by ${references}`,
    `UPDATE sppp.${object} SET transaction_id = $1, m_date = greatest($2, c_date, m_date)
      WHERE id IN (SELECT ${object}_id FROM sppp.${references} WHERE ${deleted} = ANY ($3))`,
  );
  return (db, { transactionId, at }, deletedIds) => mark(db, [transactionId, at, deletedIds]);
}
