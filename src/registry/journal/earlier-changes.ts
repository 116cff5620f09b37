import type { Pool } from 'pg';
import { type ArchivedRow, readArchivedRows } from './journalled-requests.js';

/** Which archived requests are looked at. */
export interface EarlierFilter {
  /** Requests with lower journal rows. */
  readonly before: number;
  /** Requests that came since then. */
  readonly since: Date;
  /** Row id of the registrar that sent them; undefined: of anybody. */
  readonly registrarId: number | undefined;
}

/** Archived requests that changed something, the latest first. */
export interface EarlierChanges {
  readonly requests: readonly ArchivedRow[];
  /** Those that are too long to be looked into. */
  readonly long: number;
  /** The journal row before which to go on; undefined: there are no more. */
  readonly next: number | undefined;
}

/** Journal rows that one look passes by, the bytes of archived requests that it reads, and those of one request at most. */
const MAX_ROWS = 2000;
const MAX_BYTES = 2_097_152;
const MAX_REQUEST_BYTES = 262_144;

interface Row {
  readonly transactionId: number;
  readonly bytes: number | null;
  readonly isWanted: boolean;
}

/** The archived requests before a journal row, as many as can be read at once. */
export async function findEarlierChanges(
  db: Pick<Pool, 'query'>,
  { before, since, registrarId }: EarlierFilter,
): Promise<EarlierChanges> {
  const { rows } = await db.query<Row>(
    `SELECT t.id AS "transactionId", octet_length(b.body) AS bytes,
            t.committed AND ($3::int IS NULL OR t.registrar_id = $3) AS "isWanted"
       FROM (SELECT * FROM sppp.transaction WHERE id < $1 ORDER BY id DESC LIMIT ${MAX_ROWS}) t
       LEFT JOIN sppp.transaction_body b ON b.transaction_id = t.id
      WHERE t.received_at >= $2 ORDER BY t.id DESC`,
    [before, since, registrarId],
  );
  const ids: number[] = [];
  let [bytes, long, at] = [0, 0, 0];
  for (; at < rows.length; at++) {
    const row = rows[at];
    if (row === undefined || !row.isWanted || row.bytes === null) continue;
    if (row.bytes > MAX_REQUEST_BYTES) {
      long += 1;
      continue;
    }
    if (bytes + row.bytes > MAX_BYTES) break;
    bytes += row.bytes;
    ids.push(row.transactionId);
  }
  const isFull = at < rows.length || rows.length === MAX_ROWS;
  return { requests: await readArchivedRows(db, ids), long, next: isFull ? rows[at - 1]?.transactionId : undefined };
}
