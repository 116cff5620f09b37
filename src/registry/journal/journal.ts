import type { Pool } from 'pg';
import { statement } from '../connection/statement.js';
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

/** The key of the advisory lock of a request, by its id: its transaction holds the lock until its end. */
export const requestLock = (serverTransId: string) => `hashtextextended('sppp request ' || ${serverTransId}::text, 0)`;
