import type { Pool, PoolClient } from 'pg';
import { runTransaction } from '../connection/transaction.js';

/** Names under which one registrar reads. */
export const MAX_CONSUMERS = 100;

/** How far a registrar has read, under one of its names. */
export interface Consumer {
  readonly name: string;
  /** The last position that was acknowledged. */
  readonly position: number;
  /** The last position that was deleted before it was acknowledged; null: none was. */
  readonly missedUntil: number | null;
  readonly createdAt: Date;
  readonly ackedAt: Date | null;
}

const columns = `name, position, missed_until AS "missedUntil", created_at AS "createdAt", acked_at AS "ackedAt"`;

/**
 * The consumer of a name, noted as seen. A new one begins before the oldest event that is there.
 *
 * @returns undefined if the registrar has as many as it may
 */
export async function openConsumer(
  pool: Pool,
  registrarId: number,
  name: string,
  now: Date,
): Promise<Consumer | undefined> {
  const { rows } = await pool.query<Consumer>(
    `SELECT ${columns} FROM sppp.event_consumer
      WHERE registrar_id = $1 AND name = $2 AND seen_at > $3::timestamptz - interval '1 hour'`,
    [registrarId, name, now],
  );
  return rows[0] ?? runTransaction(pool, (db) => seeConsumer(db, registrarId, name, now));
}

async function seeConsumer(
  db: PoolClient,
  registrarId: number,
  name: string,
  now: Date,
): Promise<Consumer | undefined> {
  // One at a time, so that no more are made than a registrar may have.
  await db.query('SELECT FROM sppp.organization WHERE id = $1 FOR NO KEY UPDATE', [registrarId]);
  const { rows } = await db.query<Consumer>(
    `INSERT INTO sppp.event_consumer AS c (registrar_id, name, position, created_at, seen_at)
     SELECT $1, $2, h.forgotten, $3, $3 FROM sppp.event_horizon h
      WHERE (SELECT count(*) FROM sppp.event_consumer WHERE registrar_id = $1 AND name <> $2) < ${MAX_CONSUMERS}
     ON CONFLICT (registrar_id, name) DO UPDATE SET seen_at = greatest(c.seen_at, excluded.seen_at)
     RETURNING ${columns}`,
    [registrarId, name, now],
  );
  return rows[0];
}

/** An acknowledgement of all events up to a position. */
export interface Ack {
  readonly name: string;
  readonly position: number;
  /** Whether the consumer may go back to an earlier position. */
  readonly back: boolean;
  readonly at: Date;
}

/**
 * Moves a consumer, which is made if it is new. It stays where it is if it is further on already, unless it is to go back.
 *
 * @returns where it is then; 'too many' if the registrar has as many as it may; `published` below an acknowledged position
 */
export async function ackEvents(
  pool: Pool,
  registrarId: number,
  { name, position, back, at }: Ack,
): Promise<Consumer | 'too many' | { readonly published: number }> {
  if ((await openConsumer(pool, registrarId, name, at)) === undefined) return 'too many';
  const { rows } = await pool.query<Consumer>(
    `UPDATE sppp.event_consumer
        SET position = CASE WHEN $4 THEN $3 ELSE greatest(position, $3::bigint) END, acked_at = $5,
            seen_at = greatest(seen_at, $5)
      WHERE registrar_id = $1 AND name = $2 AND $3 <= (SELECT published FROM sppp.event_horizon)
     RETURNING ${columns}`,
    [registrarId, name, position, back, at],
  );
  const [moved] = rows;
  if (moved !== undefined) return moved;
  const horizon = await pool.query<{ published: number }>('SELECT published FROM sppp.event_horizon');
  return { published: horizon.rows[0]?.published ?? 0 };
}

/** Has a consumer go on behind the events that were deleted before it had read them. */
export async function skipForgotten(pool: Pool, registrarId: number, name: string, forgotten: number): Promise<void> {
  await pool.query(
    `UPDATE sppp.event_consumer SET position = $3, missed_until = $3
      WHERE registrar_id = $1 AND name = $2 AND position < $3`,
    [registrarId, name, forgotten],
  );
}

/** The consumers of a registrar, by their names. */
export async function listConsumers(pool: Pool, registrarId: number): Promise<Consumer[]> {
  const { rows } = await pool.query<Consumer>(
    `SELECT ${columns} FROM sppp.event_consumer WHERE registrar_id = $1 ORDER BY name`,
    [registrarId],
  );
  return rows;
}

/** Removes a consumer. Returns whether there was one. */
export async function removeConsumer(pool: Pool, registrarId: number, name: string): Promise<boolean> {
  const { rowCount } = await pool.query('DELETE FROM sppp.event_consumer WHERE registrar_id = $1 AND name = $2', [
    ...[registrarId, name],
  ]);
  return rowCount === 1;
}
