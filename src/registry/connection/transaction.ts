import type { Pool, PoolClient } from 'pg';
import type { QueuedConnection } from './queued-connection.js';

export const BEGIN = { name: 'BEGIN', text: 'BEGIN' };
export const ROLLBACK = { name: 'ROLLBACK', text: 'ROLLBACK' };
const COMMIT = { name: 'COMMIT', text: 'COMMIT' };

/**
 * Commits, with the statements that wait in the queue.
 *
 * @throws what one of them has failed with, or an error if PostgreSQL undid the transaction instead. Nothing is committed then
 */
export async function commit(db: QueuedConnection): Promise<void> {
  const { command } = await db.query(COMMIT);
  if (command !== 'COMMIT') throw new Error('PostgreSQL undid the transaction: one of its statements had failed');
}

/** Runs work in a transaction: commits it when the work resolves, undoes it when the work throws. */
export async function runTransaction<T>(pool: Pool, work: (db: PoolClient) => Promise<T>): Promise<T> {
  const db = await pool.connect();
  try {
    await db.query('BEGIN');
    const done = await work(db);
    await db.query('COMMIT');
    db.release();
    return done;
  } catch (error) {
    await undo(db);
    throw error;
  }
}

/** Undoes the transaction and gives the connection back, or closes it if it cannot roll back. */
export function undo(db: PoolClient): Promise<void> {
  return db.query('ROLLBACK').then(
    () => db.release(),
    (broken: unknown) => db.release(broken instanceof Error ? broken : true),
  );
}
