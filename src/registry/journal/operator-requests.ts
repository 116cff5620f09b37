import type { Pool } from 'pg';

/** Characters of a request's path and query that are kept. */
export const MAX_TARGET = 1000;

/** A request of an operator that is about to be answered. */
export interface OperatorRequest {
  readonly credentialId: number;
  /** The role that it was allowed for. */
  readonly role: string;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly receivedAt: Date;
  readonly address: string;
}

/** Records a request of an operator, durable before its answer goes out. */
export async function recordOperatorRequest(pool: Pool, request: OperatorRequest): Promise<void> {
  const { credentialId, role, method, target, receivedAt, address } = request;
  await pool.query(
    `INSERT INTO sppp.operator_request (credential_id, role, method, target, received_at, address)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [credentialId, role, method, target.slice(0, MAX_TARGET), receivedAt, address],
  );
}
