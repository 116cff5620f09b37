import type { ClientBase, Pool } from 'pg';

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

/** Opens a request's journal row inside the transaction that carries it out; the row id, for what it writes. */
export async function openJournal(db: ClientBase, received: Received): Promise<number> {
  return insert(db, received, undefined);
}

/** Closes the row before the commit, so that request and journal are durable together or not at all. */
export async function closeJournal(db: ClientBase, id: number, outcome: Outcome): Promise<void> {
  await db.query(
    `UPDATE sppp.transaction SET code = $2, message = $3, objects = $4, failed = $5, answered_at = $6 WHERE id = $1`,
    [id, outcome.code, outcome.message, outcome.objects, outcome.failed, outcome.answeredAt],
  );
}

/** Records a request that wrote nothing: a query, or one that was rolled back. */
export async function recordRequest(db: ClientBase | Pool, received: Received, outcome: Outcome): Promise<void> {
  await insert(db, received, outcome);
}

async function insert(db: ClientBase | Pool, received: Received, outcome: Outcome | undefined): Promise<number> {
  const { rows } = await db.query<{ id: number }>(
    `INSERT INTO sppp.transaction
       (server_trans_id, client_trans_id, registrar_id, credential_id, operation, mode, received_at, remote_address,
        user_agent, code, message, objects, failed, answered_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING id`,
    [
      received.serverTransId,
      received.clientTransId,
      received.registrarId,
      received.credentialId,
      received.operation,
      received.mode,
      received.receivedAt,
      received.remoteAddress,
      received.userAgent,
      outcome?.code,
      outcome?.message,
      outcome?.objects ?? 0,
      outcome?.failed ?? 0,
      outcome?.answeredAt,
    ],
  );
  return rows[0]?.id ?? 0;
}
