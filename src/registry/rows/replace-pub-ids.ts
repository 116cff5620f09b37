import type { QueuedConnection } from '../connection/queued-connection.js';
import { statement, write } from '../connection/statement.js';
import { HAS_NAME, inKeyOrder, nameColumns, type PubIdRow, rowsOfNames } from './pub-id-row.js';
import { keptSpelling } from './spelling.js';

/**
 * The dates of a row o tell when it was added, which its journal row may know, and that it is replaced at $1. The journal row
 * may be younger than the statement, if the statement waited for who wrote it: then only the function sees it.
 */
const putRows = write(
  'put public identifiers',
  `INSERT INTO sppp.public_identifier AS o
       (transaction_id, c_date, m_date, value, kind, rant_id, spelling, span, cor_claim, cor, cor_date, ext, own_ext)
     SELECT transaction_id, added_at, CASE WHEN is_modified THEN $1::timestamptz END, value, kind, rant_id,
            spelling, CASE WHEN first IS NOT NULL THEN sppp.digit_range(first, below) END,
            cor_claim, cor, cor_date, ext, own_ext
       FROM unnest($2::bigint[], $3::text[], $4::sppp.public_identifier_kind[], $5::int[], $6::text[],
                   $7::text[], $8::text[], $9::boolean[], $10::boolean[], $11::timestamptz[], $12::text[], $13::text[],
                   $14::boolean[], $15::timestamptz[])
         AS n(transaction_id, value, kind, rant_id, spelling, first, below, cor_claim, cor, cor_date, ext, own_ext,
              is_modified, added_at)
      ORDER BY value, kind, rant_id
     ON CONFLICT (value, kind, rant_id) DO UPDATE SET
       transaction_id = excluded.transaction_id, rar_id = NULL,
       (c_date, m_date) = (
         SELECT added, greatest($1, added, o.m_date)
           FROM coalesce(o.c_date, (SELECT t.received_at FROM sppp.transaction t WHERE t.id = o.transaction_id),
                         sppp.received_at(o.transaction_id)) AS added),
       spelling = excluded.spelling, cor_claim = excluded.cor_claim, cor = excluded.cor, cor_date = excluded.cor_date,
       ext = excluded.ext, own_ext = excluded.own_ext`,
);

/**
 * The rows whose names are the first three parameters, by their position in those, from 1. The limits leave none out; without
 * them, PostgreSQL plans these statements anew for each request (`stored-objects`).
 */
const NAMED = `(SELECT p.id, p.m_date IS NOT NULL AS is_replaced, n.nth
    FROM (SELECT *
            FROM unnest($1::text[], $2::sppp.public_identifier_kind[], $3::int[]) WITH ORDINALITY
              AS n(value, kind, rant_id, nth)
           LIMIT cardinality($1::text[])) n
   ${rowsOfNames('id, m_date')})`;

/** What replaced identifiers have already stays; what is not listed any more goes, in the same statement. */
const putMembers = write(
  'put members of destination groups',
  `WITH named AS ${NAMED},
   lost_members AS (
     DELETE FROM sppp.destination_group_member m USING named
      WHERE named.is_replaced AND m.public_identifier_id = ANY (ARRAY[named.id])
        AND (named.nth, m.destination_group_id)
            NOT IN (SELECT * FROM unnest($4::bigint[], $5::bigint[]) LIMIT cardinality($4::bigint[]))),
   lost_sed_recs AS (
     DELETE FROM sppp.public_identifier_sed_record s USING named
      WHERE named.is_replaced AND s.public_identifier_id = ANY (ARRAY[named.id])
        AND (named.nth, s.sed_record_id)
            NOT IN (SELECT * FROM unnest($7::bigint[], $8::bigint[]) LIMIT cardinality($7::bigint[])))
   INSERT INTO sppp.destination_group_member AS o (public_identifier_id, destination_group_id, position)
     SELECT named.id, n.destination_group_id, n.position
       FROM (SELECT * FROM unnest($4::bigint[], $5::bigint[], $6::int[]) LIMIT cardinality($4::bigint[]))
         AS n(nth, destination_group_id, position)
       JOIN named USING (nth)
   ON CONFLICT (public_identifier_id, destination_group_id) DO UPDATE SET position = excluded.position
     WHERE o.position <> excluded.position`,
);

const putSedRecRefs = write(
  'put references to SED records',
  `INSERT INTO sppp.public_identifier_sed_record AS o (public_identifier_id, sed_record_id, position, priority, ext)
     SELECT named.id, n.sed_record_id, n.position, n.priority, n.ext
       FROM (SELECT * FROM unnest($4::bigint[], $5::bigint[], $6::int[], $7::int[], $8::text[])
              LIMIT cardinality($4::bigint[])) AS n(nth, sed_record_id, position, priority, ext)
       JOIN ${NAMED} named USING (nth)
   ON CONFLICT (public_identifier_id, sed_record_id) DO UPDATE SET
     position = excluded.position, priority = excluded.priority, ext = excluded.ext`,
);

/**
 * Writes public identifiers whether they are there or not. The statements name them by their keys, so that none waits for
 * another's answer.
 */
export function replaceFew(db: QueuedConnection, at: Date, rows: readonly PubIdRow[]): void {
  if (rows.length === 0) return;
  const names = nameColumns(rows);
  putRows(db, [
    at,
    rows.map(({ transactionId }) => transactionId),
    ...names,
    rows.map(keptSpelling),
    rows.map(({ span }) => span?.from),
    rows.map(({ span }) => span?.below),
    rows.map(({ corClaim }) => corClaim),
    rows.map(({ cor }) => cor),
    rows.map(({ corDate }) => corDate),
    rows.map(({ ext }) => ext),
    rows.map(({ ownExt }) => ownExt),
    rows.map(({ isModified }) => isModified),
    rows.map(({ addedAt }) => addedAt),
  ]);
  const { members, memberPositions, refs, refValues } = referencesOf(
    rows,
    rows.map((_, index) => index + 1),
  );
  putMembers(db, [...names, ...members, memberPositions, ...refs]);
  if (refValues[0].length > 0) putSedRecRefs(db, [...names, ...refs, ...refValues]);
}

/**
 * Returns those that are there: their positions in the arrays, from 1, and their row ids. It passes over one that another
 * request has written while it waited: that request's journal row is younger than the statement.
 */
const replaceRows = statement<{ nths: number[] | null; ids: number[] | null }>(
  'replace public identifiers',
  `WITH replaced AS (
     UPDATE sppp.public_identifier p
        SET transaction_id = n.transaction_id, rar_id = NULL, c_date = coalesce(p.c_date, t.received_at),
            m_date = greatest($1, coalesce(p.c_date, t.received_at), p.m_date),
            spelling = n.spelling, cor_claim = n.cor_claim, cor = n.cor, cor_date = n.cor_date,
            ext = n.ext, own_ext = n.own_ext
       FROM unnest($2::bigint[], $3::text[], $4::sppp.public_identifier_kind[], $5::int[], $6::text[],
                   $7::boolean[], $8::boolean[], $9::timestamptz[], $10::text[], $11::text[]) WITH ORDINALITY
         AS n(transaction_id, value, kind, rant_id, spelling, cor_claim, cor, cor_date, ext, own_ext, nth),
            sppp.transaction t
      WHERE ${HAS_NAME} AND t.id = ANY (ARRAY[p.transaction_id])
     RETURNING n.nth, p.id)
   SELECT json_agg(nth) AS nths, json_agg(id) AS ids FROM replaced`,
);

/** Memberships that are not listed, or in another position. */
const dropOtherMembers = write(
  'drop other members',
  `DELETE FROM sppp.destination_group_member
    WHERE public_identifier_id = ANY ($1::bigint[])
      AND (public_identifier_id, destination_group_id, position)
          NOT IN (SELECT * FROM unnest($2::bigint[], $3::int[], $4::int[]))`,
);

/** Those that are there stay: after dropOtherMembers they are in their positions. */
const addMembers = write(
  'add members of destination groups',
  `INSERT INTO sppp.destination_group_member (public_identifier_id, destination_group_id, position)
     SELECT * FROM unnest($1::bigint[], $2::int[], $3::int[]) AS n(id, destination_group_id, position)
      WHERE (id, destination_group_id) NOT IN (
            SELECT public_identifier_id, destination_group_id
              FROM sppp.destination_group_member WHERE public_identifier_id = ANY ($1::bigint[]))`,
);

const dropOtherRefs = write(
  'drop other references',
  `DELETE FROM sppp.public_identifier_sed_record
    WHERE public_identifier_id = ANY ($1::bigint[])
      AND (public_identifier_id, sed_record_id) NOT IN (SELECT * FROM unnest($2::bigint[], $3::bigint[]))`,
);

const addSedRecRefs = write(
  'add references to SED records',
  `INSERT INTO sppp.public_identifier_sed_record AS o (public_identifier_id, sed_record_id, position, priority, ext)
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::int[], $5::text[])
   ON CONFLICT (public_identifier_id, sed_record_id) DO UPDATE SET
     position = excluded.position, priority = excluded.priority, ext = excluded.ext`,
);

/**
 * Replaces those of many public identifiers that are there. What they refer to is changed where it differs, by statements
 * that begin after the rows are held: what another request did to them before is seen.
 *
 * @returns those that are not there
 */
export async function replaceThose(db: QueuedConnection, at: Date, rows: readonly PubIdRow[]): Promise<PubIdRow[]> {
  const sorted = inKeyOrder(rows).map((index) => rows[index] as PubIdRow);
  const [answer] = await replaceRows(db, [
    at,
    sorted.map(({ transactionId }) => transactionId),
    ...nameColumns(sorted),
    sorted.map(keptSpelling),
    valuesOf(sorted, ({ corClaim }) => corClaim),
    valuesOf(sorted, ({ cor }) => cor),
    valuesOf(sorted, ({ corDate }) => corDate),
    valuesOf(sorted, ({ ext }) => ext),
    valuesOf(sorted, ({ ownExt }) => ownExt),
  ]);
  const { nths, ids } = answer ?? {};
  if (!nths || !ids) return sorted;
  const there = nths.map((nth) => sorted[nth - 1] as PubIdRow);
  putReferences(db, there, ids);
  const found = new Set(there);
  return sorted.filter((row) => !found.has(row));
}

/** A column of the rows; empty if none of them has a value there, which stands for as many nulls. */
function valuesOf<T>(rows: readonly PubIdRow[], value: (row: PubIdRow) => T | undefined): (T | undefined)[] {
  return rows.some((row) => value(row) !== undefined) ? rows.map(value) : [];
}

/** Changes what replaced identifiers refer to, by their row ids. */
function putReferences(db: QueuedConnection, rows: readonly PubIdRow[], ids: readonly number[]): void {
  const { members, memberPositions, refs, refValues } = referencesOf(rows, ids);
  dropOtherMembers(db, [ids, ...members, memberPositions]);
  dropOtherRefs(db, [ids, ...refs]);
  if (memberPositions.length > 0) addMembers(db, [...members, memberPositions]);
  if (refValues[0].length > 0) addSedRecRefs(db, [...refs, ...refValues]);
}

/** What rows refer to, as arrays: pairs of the owner and what it refers to, and the other columns beside them. */
function referencesOf(rows: readonly PubIdRow[], owners: readonly number[]) {
  const members = listed(rows, owners, ({ destGrpIds }) => destGrpIds);
  const refs = listed(rows, owners, ({ sedRecRefs }) => sedRecRefs);
  return {
    members: [members.map(({ owner }) => owner), members.map(({ one }) => one)],
    memberPositions: members.map(({ position }) => position),
    refs: [refs.map(({ owner }) => owner), refs.map(({ one }) => one.sedRecId)],
    refValues: [
      refs.map(({ position }) => position),
      refs.map(({ one }) => one.priority),
      refs.map(({ one }) => one.ext),
    ] as const,
  };
}

interface Listed<T> {
  /** The row that has the list, by its id or its position. */
  readonly owner: number | undefined;
  readonly position: number;
  readonly one: T;
}

/** The entries of lists that rows have, one after the other. */
function listed<T>(
  rows: readonly PubIdRow[],
  owners: readonly number[],
  list: (row: PubIdRow) => readonly T[],
): Listed<T>[] {
  return rows.flatMap((row, index) => list(row).map((one, position) => ({ owner: owners[index], position, one })));
}
