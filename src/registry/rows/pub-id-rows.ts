import { type ClientBase, DatabaseError } from 'pg';
import type { PubIdName } from '../../model/identity.js';
import { found } from '../../values/found.js';
import type { QueuedConnection } from '../connection/queued-connection.js';
import { statement, write } from '../connection/statement.js';
import { type CopySet, copyField, copySets } from './copy.js';
import type { RefRow } from './ref-row.js';
import type { RowIds } from './row-ids.js';

/** What identifies a public identifier's row: the unique key of its table. */
export interface PubIdRowName extends Pick<PubIdName, 'type' | 'value'> {
  readonly rantId: number;
}

export interface PubIdRow extends PubIdRowName {
  /** The journal row of the request that writes it: requests may share a set. */
  readonly transactionId: number;
  readonly rarId: number;
  /** The request itself has added it before: a new row counts as modified already. */
  readonly isModified: boolean;
  readonly spelling: string;
  /** For ranges and prefixes, the digit strings from `from` up to, not including, `below`. */
  readonly span: { readonly from: string; readonly below: string } | undefined;
  readonly corClaim: boolean | undefined;
  readonly cor: boolean | undefined;
  readonly corDate: Date | undefined;
  readonly ext: string | undefined;
  readonly ownExt: string | undefined;
  readonly destGrpIds: readonly number[];
  readonly sedRecRefs: readonly RefRow[];
}

/** One text per row name. */
export function pubIdRowKey({ rantId, type, value }: PubIdRowName): string {
  return `${rantId} ${type} ${value}`;
}

/** From so many rows on, loading them as new ones is tried first. */
const MIN_COPY = 32;

const UNIQUE_VIOLATION = '23505';

/**
 * Creates public identifiers with their references, or replaces those that are there (RFC 7877 §7.1). No name may come
 * twice. The rows are made ready before the first query.
 *
 * Most bulk requests bring new numbers, and COPY loads those at the speed of the database. If one of them turns out to
 * be there, the set is taken back and written as replacements. The statements for a few rows are sent, not waited for.
 */
export async function putPubIds(
  db: QueuedConnection,
  at: Date,
  rows: readonly PubIdRow[],
  rowIds: RowIds,
): Promise<void> {
  if (rows.length === 0) return;
  if (rows.length < MIN_COPY) return replacePubIds(db, at, rows);
  const ids = await rowIds.take(db, rows.length);
  const sets = copySetsOf(rows, ids, at);
  try {
    await copySets(db, sets, { before: ['SAVEPOINT new_numbers'], after: ['RELEASE SAVEPOINT new_numbers'] });
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== UNIQUE_VIOLATION) throw error;
    await db.query('ROLLBACK TO SAVEPOINT new_numbers');
    replacePubIds(db, at, rows);
  }
}

/** The rows of public identifiers none of which is there, and of their references. */
function copySetsOf(rows: readonly PubIdRow[], ids: readonly number[], at: Date): CopySet[] {
  const written = at.toISOString();
  let identifiers = '';
  let members = '';
  let sedRecRefs = '';
  for (const index of inKeyOrder(rows)) {
    const row = rows[index] as PubIdRow;
    const id = found(ids[index], 'the row id of a public identifier');
    identifiers += `${id}\t${row.transactionId}\t${written}\t${copyField(row.value)}\t${row.type}\t${row.rantId}\t`;
    identifiers += isPlain(row)
      ? `${row.rarId}${NOTHING_MORE}`
      : `${row.rarId}\t${moreFields(row)}\t${row.isModified ? written : '\\N'}\n`;
    const groups = row.destGrpIds;
    for (let position = 0; position < groups.length; position++) members += `${id}\t${groups[position]}\t${position}\n`;
    for (const [position, { sedRecId, priority, ext }] of row.sedRecRefs.entries()) {
      sedRecRefs += `${id}\t${sedRecId}\t${position}\t${priority}\t${copyField(ext)}\n`;
    }
  }
  return [
    {
      into: `sppp.public_identifier (id, transaction_id, c_date, value, kind, rant_id, rar_id, spelling, span, cor_claim,
               cor, cor_date, ext, own_ext, m_date)`,
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

/** What most rows have after their first columns: eight times nothing. */
const NOTHING_MORE = `${'\t\\N'.repeat(8)}\n`;

function isPlain({ isModified, spelling, value, span, corClaim, ext, ownExt }: PubIdRow): boolean {
  if (isModified || ext !== undefined || ownExt !== undefined) return false;
  return spelling === value && span === undefined && corClaim === undefined;
}

function moreFields({ spelling, value, span, corClaim, cor, corDate, ext, ownExt }: PubIdRow): string {
  return [
    spelling === value ? undefined : spelling,
    span && `["${span.from}","${span.below}")`,
    corClaim?.toString(),
    cor?.toString(),
    corDate?.toISOString(),
    ext,
    ownExt,
  ]
    .map(copyField)
    .join('\t');
}

/** Indexes of the rows in the order of the table's key: the index likes it, and two requests cannot wait for each other. */
function inKeyOrder(rows: readonly PubIdRowName[]): number[] {
  const order = rows.map((_, index) => index);
  const valueAt = (index: number) => rows[index]?.value ?? '';
  return order.sort((a, b) => (valueAt(a) < valueAt(b) ? -1 : valueAt(a) > valueAt(b) ? 1 : a - b));
}

const replaceRows = write(
  'replace public identifiers',
  `INSERT INTO sppp.public_identifier AS o
       (transaction_id, c_date, m_date, value, kind, rant_id, rar_id, spelling, span, cor_claim, cor, cor_date, ext, own_ext)
     SELECT transaction_id, $1::timestamptz, CASE WHEN is_modified THEN $1::timestamptz END, value, kind, rant_id, rar_id,
            nullif(spelling, value), CASE WHEN first IS NOT NULL THEN sppp.digit_range(first, below) END,
            cor_claim, cor, cor_date, ext, own_ext
       FROM unnest($2::bigint[], $3::text[], $4::sppp.public_identifier_kind[], $5::int[], $6::int[], $7::text[],
                   $8::text[], $9::text[], $10::boolean[], $11::boolean[], $12::timestamptz[], $13::text[], $14::text[],
                   $15::boolean[])
         AS n(transaction_id, value, kind, rant_id, rar_id, spelling, first, below, cor_claim, cor, cor_date, ext, own_ext,
              is_modified)
      ORDER BY value, kind, rant_id
     ON CONFLICT (value, kind, rant_id) DO UPDATE SET
       transaction_id = excluded.transaction_id, rar_id = excluded.rar_id,
       m_date = greatest(excluded.c_date, o.c_date, o.m_date),
       spelling = excluded.spelling, cor_claim = excluded.cor_claim, cor = excluded.cor, cor_date = excluded.cor_date,
       ext = excluded.ext, own_ext = excluded.own_ext`,
);

/** The rows whose names are the first three parameters, by their position in those, from 1. */
const NAMED = `(SELECT p.id, p.m_date IS NOT NULL AS is_replaced, n.nth
    FROM unnest($1::text[], $2::sppp.public_identifier_kind[], $3::int[]) WITH ORDINALITY AS n(value, kind, rant_id, nth)
    JOIN sppp.public_identifier p ON p.value = n.value AND p.kind = n.kind AND p.rant_id = n.rant_id)`;

/** Of replaced identifiers; what they have already stays. */
const dropReferences = write(
  'drop references of public identifiers',
  `WITH replaced AS (SELECT id, nth FROM ${NAMED} named WHERE is_replaced),
   members AS (
     DELETE FROM sppp.destination_group_member m USING replaced r
      WHERE m.public_identifier_id = r.id
        AND (r.nth, m.destination_group_id) NOT IN (SELECT * FROM unnest($4::bigint[], $5::bigint[])))
   DELETE FROM sppp.public_identifier_sed_record s USING replaced r
    WHERE s.public_identifier_id = r.id
      AND (r.nth, s.sed_record_id) NOT IN (SELECT * FROM unnest($6::bigint[], $7::bigint[]))`,
);

const putMembers = write(
  'put members of destination groups',
  `INSERT INTO sppp.destination_group_member AS o (public_identifier_id, destination_group_id, position)
     SELECT named.id, n.destination_group_id, n.position
       FROM unnest($4::bigint[], $5::bigint[], $6::int[]) AS n(nth, destination_group_id, position)
       JOIN ${NAMED} named USING (nth)
   ON CONFLICT (public_identifier_id, destination_group_id) DO UPDATE SET position = excluded.position
     WHERE o.position <> excluded.position`,
);

const putSedRecRefs = write(
  'put references to SED records',
  `INSERT INTO sppp.public_identifier_sed_record AS o (public_identifier_id, sed_record_id, position, priority, ext)
     SELECT named.id, n.sed_record_id, n.position, n.priority, n.ext
       FROM unnest($4::bigint[], $5::bigint[], $6::int[], $7::int[], $8::text[])
         AS n(nth, sed_record_id, position, priority, ext)
       JOIN ${NAMED} named USING (nth)
   ON CONFLICT (public_identifier_id, sed_record_id) DO UPDATE SET
     position = excluded.position, priority = excluded.priority, ext = excluded.ext`,
);

/**
 * Writes public identifiers whether they are there or not. The statements name them by their keys, so that none waits for
 * another's answer.
 */
function replacePubIds(db: QueuedConnection, at: Date, rows: readonly PubIdRow[]): void {
  const names = [rows.map(({ value }) => value), rows.map(({ type }) => type), rows.map(({ rantId }) => rantId)];
  replaceRows(db, [
    at,
    rows.map(({ transactionId }) => transactionId),
    ...names,
    rows.map(({ rarId }) => rarId),
    rows.map(({ spelling }) => spelling),
    rows.map(({ span }) => span?.from),
    rows.map(({ span }) => span?.below),
    rows.map(({ corClaim }) => corClaim),
    rows.map(({ cor }) => cor),
    rows.map(({ corDate }) => corDate),
    rows.map(({ ext }) => ext),
    rows.map(({ ownExt }) => ownExt),
    rows.map(({ isModified }) => isModified),
  ]);
  const members = rows.flatMap(({ destGrpIds }, row) =>
    destGrpIds.map((destGrpId, position) => ({ nth: row + 1, destGrpId, position })),
  );
  const refs = rows.flatMap(({ sedRecRefs }, row) =>
    sedRecRefs.map((ref, position) => ({ nth: row + 1, ref, position })),
  );
  const memberOf = [members.map(({ nth }) => nth), members.map(({ destGrpId }) => destGrpId)];
  const refersTo = [refs.map(({ nth }) => nth), refs.map(({ ref }) => ref.sedRecId)];
  dropReferences(db, [...names, ...memberOf, ...refersTo]);
  if (members.length > 0) putMembers(db, [...names, ...memberOf, members.map(({ position }) => position)]);
  if (refs.length === 0) return;
  putSedRecRefs(db, [
    ...names,
    ...refersTo,
    refs.map(({ position }) => position),
    refs.map(({ ref }) => ref.priority),
    refs.map(({ ref }) => ref.ext),
  ]);
}

/**
 * Returns those that could not be deleted, by their index in the arrays, from 1. One that was there when the statement
 * began was deleted by another request while this one waited for it.
 */
const deleteRows = statement<{ nth: number; wasThere: boolean }>(
  'delete public identifiers',
  `WITH wanted AS (
     SELECT *
       FROM unnest($1::text[], $2::sppp.public_identifier_kind[], $3::int[], $4::bigint[]) WITH ORDINALITY
         AS n(value, kind, rant_id, transaction_id, nth)),
   deleted AS (
     DELETE FROM sppp.public_identifier p
      USING wanted n
      WHERE p.value = n.value AND p.kind = n.kind AND p.rant_id = n.rant_id
     RETURNING p.rant_id, p.kind, p.value, n.transaction_id, n.nth),
   recorded AS (
     INSERT INTO sppp.deletion (transaction_id, rant_id, noun, key)
     SELECT transaction_id, rant_id, 'PubId', kind || ' ' || value FROM deleted)
   SELECT n.nth, EXISTS (SELECT FROM sppp.public_identifier p
                          WHERE p.value = n.value AND p.kind = n.kind AND p.rant_id = n.rant_id) AS "wasThere"
     FROM wanted n WHERE n.nth NOT IN (SELECT nth FROM deleted)`,
);

/**
 * Deletes those public identifiers that are there, none of which comes twice; memberships and references go with them
 * (RFC 7877 §7.2). Each names the journal row of the request that deletes it.
 *
 * @returns for each name, whether it was there
 */
export async function deletePubIds(
  db: ClientBase,
  names: readonly (PubIdRowName & Pick<PubIdRow, 'transactionId'>)[],
): Promise<boolean[]> {
  let order = inKeyOrder(names);
  const wasThere = names.map(() => true);
  while (order.length > 0) {
    const sorted = order.map((index) => names[index] as (typeof names)[number]);
    const left = await deleteRows(db, [
      sorted.map(({ value }) => value),
      sorted.map(({ type }) => type),
      sorted.map(({ rantId }) => rantId),
      sorted.map(({ transactionId }) => transactionId),
    ]);
    // The transaction that deleted one while this waited for it may have made it again.
    const again: number[] = [];
    for (const each of left) {
      const index = found(order[each.nth - 1], 'a public identifier that was to be deleted');
      wasThere[index] = each.wasThere;
      if (each.wasThere) again.push(index);
    }
    order = again;
  }
  return wasThere;
}
