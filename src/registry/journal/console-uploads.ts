import type { Pool } from 'pg';
import type { ArchivedBody } from './archived-request.js';

/** A file that a session of the console has uploaded, kept as archived requests are. */
export interface ConsoleUpload extends Pick<ArchivedBody, 'encoding' | 'keyPrint' | 'body'> {
  /** A UUID; the body is encrypted for it. */
  readonly id: string;
  readonly fileName: string;
  /** What its lines mean. */
  readonly options: Readonly<Record<string, string | boolean>>;
}

/** The same, and what has been done with it. */
export interface StoredUpload extends ConsoleUpload {
  /** The server's id of the last request that was made of it. */
  readonly lastRun: string | null;
  /** It has been carried out, or that has begun. */
  readonly isDone: boolean;
}

/** Stores the file of a session, in place of an earlier one; it goes with the session. */
export async function storeConsoleUpload(pool: Pool, sessionId: number, upload: ConsoleUpload): Promise<void> {
  const { id, fileName, options, encoding, keyPrint = null, body } = upload;
  await pool.query(
    `INSERT INTO sppp.console_upload (session_id, id, file_name, options, encoding, key_print, body)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (session_id) DO UPDATE
        SET id = excluded.id, file_name = excluded.file_name, options = excluded.options, encoding = excluded.encoding,
            key_print = excluded.key_print, body = excluded.body, last_run = NULL, is_done = false`,
    [sessionId, id, fileName, JSON.stringify(options), encoding, keyPrint, body],
  );
}

/** The file of a session by its id; undefined if it has none, or another one by now. */
export async function findConsoleUpload(pool: Pool, sessionId: number, id: string): Promise<StoredUpload | undefined> {
  const { rows } = await pool.query<StoredUpload & { readonly keyPrint: string | null }>(
    `SELECT id, file_name AS "fileName", options, encoding, key_print AS "keyPrint", body, last_run AS "lastRun",
            is_done AS "isDone"
       FROM sppp.console_upload WHERE session_id = $1 AND id = $2`,
    [sessionId, id],
  );
  const [upload] = rows;
  return upload && { ...upload, keyPrint: upload.keyPrint ?? undefined };
}

/** Notes that a file is carried out, before that begins; false if that was noted already. */
export async function beginConsoleUpload(pool: Pool, sessionId: number, id: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    'UPDATE sppp.console_upload SET is_done = true WHERE session_id = $1 AND id = $2 AND NOT is_done',
    [sessionId, id],
  );
  return rowCount === 1;
}

/** Notes the request that was made of a file, and whether something of it stays. */
export async function noteConsoleUpload(
  pool: Pool,
  sessionId: number,
  id: string,
  run: { readonly serverTransId: string | undefined; readonly isDone: boolean },
): Promise<void> {
  await pool.query(
    `UPDATE sppp.console_upload SET last_run = coalesce($3, last_run), is_done = $4 WHERE session_id = $1 AND id = $2`,
    [sessionId, id, run.serverTransId ?? null, run.isDone],
  );
}
