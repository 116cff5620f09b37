import { setTimeout as delay } from 'node:timers/promises';
import type { ClientBase, Pool } from 'pg';
import { statement } from './statement.js';

/** A request as it came in. */
export interface Received {
  readonly serverTransId: string;
  readonly clientTransId: string | undefined;
  readonly registrarId: number;
  readonly credentialId: number;
  readonly operation: string;
  readonly mode: 'atomic' | 'partial' | 'validate';
  readonly receivedAt: Date;
  readonly remoteAddress: string | undefined;
  readonly userAgent: string | undefined;
}

/** What came of it. */
export interface Outcome {
  readonly code: number;
  readonly message: string;
  readonly objects: number;
  readonly failed: number;
  readonly answeredAt: Date;
}

const insertRows = statement<{ id: number; serverTransId: string }>(
  'insert journal rows',
  `INSERT INTO sppp.transaction
     (server_trans_id, client_trans_id, registrar_id, credential_id, operation, mode, received_at, remote_address,
      user_agent, code, message, objects, failed, answered_at)
   SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::text[], $6::text[], $7::timestamptz[],
                        $8::inet[], $9::text[], $10::smallint[], $11::text[], $12::int[], $13::int[],
                        $14::timestamptz[])
   RETURNING id, server_trans_id AS "serverTransId"`,
);

const closeRows = statement(
  'close journal rows',
  `UPDATE sppp.transaction t
      SET code = o.code, message = o.message, objects = o.objects, failed = o.failed, answered_at = o.answered_at
     FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::int[], $5::int[], $6::timestamptz[])
       AS o(id, code, message, objects, failed, answered_at)
    WHERE t.id = o.id`,
);

/** Opens the journal rows of requests inside the transaction that carries them out; the row ids, for what they write. */
export function openJournals(db: ClientBase, received: readonly Received[]): Promise<number[]> {
  return insert(
    db,
    received.map((each) => ({ ...each, ...unanswered })),
  );
}

/** Closes the rows before the commit, so that requests and journal are durable together or not at all. */
export async function closeJournals(
  db: ClientBase,
  ids: readonly number[],
  outcomes: readonly Outcome[],
): Promise<void> {
  await closeRows(db, [
    ids,
    outcomes.map(({ code }) => code),
    outcomes.map(({ message }) => message),
    outcomes.map(({ objects }) => objects),
    outcomes.map(({ failed }) => failed),
    outcomes.map(({ answeredAt }) => answeredAt),
  ]);
}

/** Records a request that wrote nothing: a query, or one that was rolled back. */
export async function recordRequest(db: ClientBase | Pool, received: Received, outcome: Outcome): Promise<void> {
  await insert(db, [{ ...received, ...outcome }]);
}

/** How often, a second apart, a database that went away is asked what it kept. */
const ASKED = 10;

/**
 * Whether a request's journal row is there: asked when the connection broke during its commit. Waits for that commit, if
 * it is still under way, by trying to write the same row.
 */
export async function isJournalled(pool: Pool, serverTransId: string): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await isTaken(pool, serverTransId);
    } catch (error) {
      if (attempt === ASKED) throw error;
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

const unanswered = { code: undefined, message: undefined, objects: 0, failed: 0, answeredAt: undefined };

async function insert(
  db: ClientBase | Pool,
  rows: readonly (Received & (Outcome | typeof unanswered))[],
): Promise<number[]> {
  const inserted = await insertRows(db, [
    rows.map(({ serverTransId }) => serverTransId),
    rows.map(({ clientTransId }) => clientTransId),
    rows.map(({ registrarId }) => registrarId),
    rows.map(({ credentialId }) => credentialId),
    rows.map(({ operation }) => operation),
    rows.map(({ mode }) => mode),
    rows.map(({ receivedAt }) => receivedAt),
    rows.map(({ remoteAddress }) => remoteAddress),
    rows.map(({ userAgent }) => userAgent),
    rows.map(({ code }) => code),
    rows.map(({ message }) => message),
    rows.map(({ objects }) => objects),
    rows.map(({ failed }) => failed),
    rows.map(({ answeredAt }) => answeredAt),
  ]);
  const ids = new Map(inserted.map(({ id, serverTransId }) => [serverTransId, id]));
  return rows.map(({ serverTransId }) => ids.get(serverTransId) ?? 0);
}
