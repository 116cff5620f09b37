import { setTimeout as delay } from 'node:timers/promises';
import type { ClientBase, Pool } from 'pg';
import { found } from '../../values/found.js';
import type { QueuedConnection } from '../connection/queued-connection.js';
import { statement, write } from '../connection/statement.js';
import type { ArchivedRequest } from './archived-request.js';
import { type FailedObject, failedArrays, failedColumns, failedInto } from './failed-objects.js';

/** A request as it came in. */
export interface Received {
  readonly serverTransId: string;
  readonly clientTransId: string | undefined;
  readonly registrarId: number;
  readonly credentialId: number;
  /** SHA-256 of the client certificate, in hex. */
  readonly certificate?: string | undefined;
  /** Undefined if it was no message that could be read. */
  readonly operation: string | undefined;
  readonly mode: 'atomic' | 'partial' | 'validate';
  readonly receivedAt: Date;
  readonly remoteAddress: string | undefined;
  readonly userAgent: string | undefined;
  /** The request itself, if it is to be stored. */
  readonly archived?: ArchivedRequest | undefined;
  /** Aborted once nobody waits for its answer. */
  readonly disconnected?: AbortSignal | undefined;
}

/** What came of it. */
export interface Outcome {
  /** Undefined if it was answered with no SPPP, but with an HTTP status. */
  readonly code: number | undefined;
  readonly httpStatus?: number | undefined;
  readonly message: string;
  readonly objects: number;
  readonly failed: number;
  /** How many objects got which code, successes not counted. */
  readonly codes: ReadonlyMap<number, number>;
  /** The first of those that failed. */
  readonly failedObjects: readonly FailedObject[];
  /** Whether what it asked for stays, as far as it did not fail. */
  readonly committed: boolean;
  readonly answeredAt: Date;
}

const openRows = statement<{ id: number; serverTransId: string }>(
  'open journal rows',
  `INSERT INTO sppp.transaction
     (server_trans_id, client_trans_id, registrar_id, credential_id, certificate, operation, mode, received_at,
      remote_address, user_agent)
   SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::text[], $6::text[], $7::text[],
                        $8::timestamptz[], $9::inet[], $10::text[])
   RETURNING id, server_trans_id AS "serverTransId"`,
);

const closeRows = write(
  'close journal rows',
  `WITH closed AS (
     UPDATE sppp.transaction t
        SET code = o.code, http_status = o.http_status, message = o.message, objects = o.objects, failed = o.failed,
            committed = o.committed, answered_at = o.answered_at
       FROM unnest($1::bigint[], $2::smallint[], $3::smallint[], $4::text[], $5::int[], $6::int[], $7::boolean[],
                   $8::timestamptz[])
         AS o(id, code, http_status, message, objects, failed, committed, answered_at)
      WHERE t.id = o.id),
   counted AS (
     INSERT INTO sppp.transaction_code (transaction_id, code, objects)
     SELECT * FROM unnest($9::bigint[], $10::smallint[], $11::int[]))
   INSERT INTO sppp.transaction_body (transaction_id, kept_at, encoding, is_whole, charset, key_print, body)
   SELECT * FROM unnest($12::bigint[], $13::timestamptz[], $14::text[], $15::boolean[], $16::text[], $17::text[],
                        $18::bytea[])`,
);

/** Bytes of a body that goes in an array with others; the driver writes arrays as hexadecimal text, which blocks for longer ones. */
const MAX_BODY_IN_ARRAY_BYTES = 65_536;

const storeBody = write(
  'store an archived request',
  `INSERT INTO sppp.transaction_body (transaction_id, kept_at, encoding, is_whole, charset, key_print, body)
   VALUES ($1, $2, $3, $4, $5, $6, $7)`,
);

const keepFailed = write(
  'keep failed objects',
  `INSERT INTO ${failedInto} SELECT * FROM unnest($1::bigint[], ${failedArrays(2)})`,
);

/** Opens the journal rows of requests inside the transaction that carries them out; the row ids, for what they write. */
export async function openJournals(db: ClientBase, received: readonly Received[]): Promise<number[]> {
  const opened = await openRows(db, [
    received.map(({ serverTransId }) => serverTransId),
    received.map(({ clientTransId }) => clientTransId),
    received.map(({ registrarId }) => registrarId),
    received.map(({ credentialId }) => credentialId),
    received.map(({ certificate }) => certificate),
    received.map(({ operation }) => operation),
    received.map(({ mode }) => mode),
    received.map(({ receivedAt }) => receivedAt),
    received.map(({ remoteAddress }) => remoteAddress),
    received.map(({ userAgent }) => userAgent),
  ]);
  const ids = new Map(opened.map(({ id, serverTransId }) => [serverTransId, id]));
  return received.map(({ serverTransId }) => found(ids.get(serverTransId), 'the row id of a journal row'));
}

/**
 * Closes the rows before the commit, with the requests themselves and what failed of them beside them, so that all of it is
 * durable together or not at all. The statements are sent, and their failure is that of the commit.
 */
export async function closeJournals(
  db: QueuedConnection,
  ids: readonly number[],
  received: readonly Received[],
  outcomes: readonly Outcome[],
): Promise<void> {
  const codes = outcomes.flatMap((outcome, index) =>
    [...outcome.codes].map(([code, objects]) => ({ id: ids[index], code, objects })),
  );
  const bodies = await Promise.all(
    received.map(async ({ archived, serverTransId, receivedAt }, index) => {
      const body = await archived?.finish(serverTransId);
      return body === undefined ? [] : [{ id: ids[index], receivedAt, ...body }];
    }),
  ).then((each) => each.flat());
  for (const { id, receivedAt, encoding, isWhole, charset, keyPrint, body } of bodies) {
    if (body.length > MAX_BODY_IN_ARRAY_BYTES)
      storeBody(db, [id, receivedAt, encoding, isWhole, charset, keyPrint, body]);
  }
  const small = bodies.filter(({ body }) => body.length <= MAX_BODY_IN_ARRAY_BYTES);
  closeRows(db, [
    ids,
    outcomes.map(({ code }) => code),
    outcomes.map(({ httpStatus }) => httpStatus),
    outcomes.map(({ message }) => message),
    outcomes.map(({ objects }) => objects),
    outcomes.map(({ failed }) => failed),
    outcomes.map(({ committed }) => committed),
    outcomes.map(({ answeredAt }) => answeredAt),
    codes.map(({ id }) => id),
    codes.map(({ code }) => code),
    codes.map(({ objects }) => objects),
    small.map(({ id }) => id),
    small.map(({ receivedAt }) => receivedAt),
    small.map(({ encoding }) => encoding),
    small.map(({ isWhole }) => isWhole),
    small.map(({ charset }) => charset),
    small.map(({ keyPrint }) => keyPrint),
    small.map(({ body }) => body),
  ]);
  const failed = outcomes.flatMap(({ failedObjects }, index) => failedObjects.map((one) => ({ id: ids[index], one })));
  if (failed.length === 0) return;
  keepFailed(db, [failed.map(({ id }) => id), ...failedColumns(failed.map(({ one }) => one))]);
}

const recording = (beside: string) =>
  `WITH recorded AS (
     INSERT INTO sppp.transaction
       (server_trans_id, client_trans_id, registrar_id, credential_id, certificate, operation, mode, received_at,
        remote_address, user_agent, code, http_status, message, objects, failed, committed, answered_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
     RETURNING id, received_at),
   counted AS (
     INSERT INTO sppp.transaction_code (transaction_id, code, objects)
     SELECT r.id, n.code, n.objects FROM recorded r, unnest($18::smallint[], $19::int[]) AS n(code, objects))${beside}
   INSERT INTO sppp.transaction_body (transaction_id, kept_at, encoding, is_whole, charset, key_print, body)
   SELECT r.id, r.received_at, $20, $21, $22, $23, $24::bytea FROM recorded r WHERE $24::bytea IS NOT NULL`;

const recordRow = statement('record a request', recording(''));
const recordRowAndFailed = statement(
  'record a request with failed objects',
  recording(`,
   failed AS (INSERT INTO ${failedInto} SELECT r.id, f.* FROM recorded r, unnest(${failedArrays(25)}) f)`),
);

/** Records a request that wrote nothing: a query, one that was rolled back, or one that could not be read. */
export async function recordRequest(db: Pick<Pool, 'query'>, received: Received, outcome: Outcome): Promise<void> {
  const record = await readyToRecord(received, outcome);
  await record(db);
}

/**
 * The same for a record that goes to the database with other statements: everything that takes time before it is done.
 *
 * @returns asks for the record
 */
export async function readyToRecord(
  received: Received,
  outcome: Outcome,
): Promise<(db: Pick<Pool, 'query'>) => Promise<void>> {
  const body = await received.archived?.finish(received.serverTransId);
  const { failedObjects } = outcome;
  const record = failedObjects.length === 0 ? recordRow : recordRowAndFailed;
  const values = [
    received.serverTransId,
    received.clientTransId,
    received.registrarId,
    received.credentialId,
    received.certificate,
    received.operation,
    received.mode,
    received.receivedAt,
    received.remoteAddress,
    received.userAgent,
    outcome.code,
    outcome.httpStatus,
    outcome.message,
    outcome.objects,
    outcome.failed,
    outcome.committed,
    outcome.answeredAt,
    [...outcome.codes.keys()],
    [...outcome.codes.values()],
    body?.encoding,
    body?.isWhole,
    body?.charset,
    body?.keyPrint,
    body?.body,
    ...(failedObjects.length === 0 ? [] : failedColumns(failedObjects)),
  ];
  return async (db) => {
    await record(db, values);
  };
}

/** Attempts, a second apart, to read from a database that became unreachable during a commit. */
const MAX_ATTEMPTS = 10;

/**
 * Whether a request has its journal row, after the connection broke during its commit. Waits for that commit, if
 * it is still under way, by trying to write the same row.
 */
export async function isJournalled(pool: Pool, serverTransId: string): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await isTaken(pool, serverTransId);
    } catch (error) {
      if (attempt === MAX_ATTEMPTS) throw error;
      await delay(1000);
    }
  }
}

async function isTaken(pool: Pool, serverTransId: string): Promise<boolean> {
  const db = await pool.connect();
  try {
    await db.query('BEGIN');
    const { rowCount } = await db.query(
      `INSERT INTO sppp.transaction (server_trans_id, operation, mode, received_at) VALUES ($1, '', 'atomic', now())
       ON CONFLICT (server_trans_id) DO NOTHING`,
      [serverTransId],
    );
    return rowCount === 0;
  } finally {
    db.release(true); // Undoes it: nothing of this question is to stay.
  }
}
