import { DatabaseError } from 'pg';
import { found } from '../../values/found.js';
import type { QueuedConnection } from '../connection/queued-connection.js';
import { type CopySet, copyField, copySets } from './copy.js';
import { inKeyOrder, type PubIdRow } from './pub-id-row.js';
import { replaceFew, replaceThose } from './replace-pub-ids.js';
import { MIN_BULK_ROWS, type RowIds, type RunIds } from './row-ids.js';
import { keptSpelling } from './spelling.js';

const UNIQUE_VIOLATION = '23505';

/**
 * Creates public identifiers with their references, or replaces those that are there (RFC 7877 §7.1). No name may come
 * twice. The rows are made ready before the first query.
 *
 * Most bulk requests bring new numbers, and COPY loads those at the speed of the database. If one of them turns out to be
 * there, the load is taken back, and those that are there are replaced first; so they are in what follows of the request,
 * as long as some of it is there. The statements for a few rows are sent, not waited for.
 */
export async function putPubIds(
  db: QueuedConnection,
  at: Date,
  rows: readonly PubIdRow[],
  rowIds: RowIds,
  runIds: RunIds,
): Promise<void> {
  if (rows.length < MIN_BULK_ROWS) return replaceFew(db, at, rows);
  let left = rows;
  while (left.length > 0) {
    if (rowIds.areSomeTaken) {
      const fresh = await replaceThose(db, at, left);
      rowIds.areSomeTaken = fresh.length < left.length;
      left = fresh;
    }
    if (await load(db, at, left, runIds)) return;
    rowIds.areSomeTaken = true;
  }
}

/** Loads public identifiers if none of them is there; else it changes nothing and returns false. */
async function load(db: QueuedConnection, at: Date, rows: readonly PubIdRow[], runIds: RunIds): Promise<boolean> {
  if (rows.length === 0) return true;
  const order = inKeyOrder(rows);
  const reserved = await runIds.take(rows.length);
  // In the order in which rows are written: then the table, and the indexes by id, only grow at their end.
  const ids = new Array<number>(rows.length);
  for (const [nth, index] of order.entries()) ids[index] = found(reserved[nth], 'a reserved row id');
  const sets = copySetsOf(rows, order, ids, at);
  try {
    await copySets(db, sets, { before: ['SAVEPOINT new_numbers'], after: ['RELEASE SAVEPOINT new_numbers'] });
    return true;
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== UNIQUE_VIOLATION) throw error;
    await db.query('ROLLBACK TO SAVEPOINT new_numbers');
    return false;
  }
}

/** The rows of public identifiers none of which is there, and of their references. */
function copySetsOf(rows: readonly PubIdRow[], order: readonly number[], ids: readonly number[], at: Date): CopySet[] {
  const arePlain = rows.every(isPlain);
  let identifiers = '';
  let members = '';
  let sedRecRefs = '';
  for (const index of order) {
    const row = rows[index] as PubIdRow;
    const id = found(ids[index], 'the row id of a public identifier');
    identifiers += `${id}\t${row.transactionId}\t${copyField(row.value)}\t${row.type}\t${row.rantId}\t`;
    identifiers += copyField(keptSpelling(row));
    identifiers += arePlain ? '\n' : `\t${moreFields(row, at)}\n`;
    const groups = row.destGrpIds;
    for (let position = 0; position < groups.length; position++) members += `${id}\t${groups[position]}\t${position}\n`;
    for (const [position, { sedRecId, priority, ext }] of row.sedRecRefs.entries()) {
      sedRecRefs += `${id}\t${sedRecId}\t${position}\t${priority}\t${copyField(ext)}\n`;
    }
  }
  return [
    {
      into: `sppp.public_identifier (id, transaction_id, value, kind, rant_id, spelling${arePlain ? '' : MORE_COLUMNS})`,
      lines: identifiers,
    },
    {
      into: 'sppp.destination_group_member (public_identifier_id, destination_group_id, position)',
      lines: members,
    },
    {
      into: 'sppp.public_identifier_sed_record (public_identifier_id, sed_record_id, position, priority, ext)',
      lines: sedRecRefs,
    },
  ];
}

/** Where no row of a run has a value in them, COPY need not read eight times nothing for each. */
const MORE_COLUMNS = ', c_date, span, cor_claim, cor, cor_date, ext, own_ext, m_date';

function isPlain({ addedAt, isModified, span, corClaim, ext, ownExt }: PubIdRow): boolean {
  if (addedAt !== undefined || isModified || ext !== undefined || ownExt !== undefined) return false;
  return span === undefined && corClaim === undefined;
}

function moreFields({ addedAt, span, corClaim, cor, corDate, ext, ownExt, isModified }: PubIdRow, at: Date): string {
  return [
    addedAt?.toISOString(),
    span && `["${span.from}","${span.below}")`,
    corClaim?.toString(),
    cor?.toString(),
    corDate?.toISOString(),
    ext,
    ownExt,
    isModified ? at.toISOString() : undefined,
  ]
    .map(copyField)
    .join('\t');
}
