import type { Pool, PoolClient } from 'pg';
import { isAnswer, isOfDatabase } from './database-error.js';
import type { QueuedConnection } from './queued-connection.js';

export const BEGIN = { name: 'BEGIN', text: 'BEGIN' };
/** For what is read by several statements and has to be of one moment. */
export const BEGIN_READING = { name: 'BEGIN READING', text: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' };
export const ROLLBACK = { name: 'ROLLBACK', text: 'ROLLBACK' };
const COMMIT = { name: 'COMMIT', text: 'COMMIT' };

/** PostgreSQL answered COMMIT with ROLLBACK: nothing is committed. */
class UndoneError extends Error {
  override readonly name = 'UndoneError';

  constructor() {
    super('PostgreSQL undid the transaction: one of its statements had failed');
  }
}

/** A commit whose answer was lost, outside of requests: whoever asked for it has to look whether it was done. */
class LostCommitError extends Error {
  override readonly name = 'LostCommitError';
  /** SQLSTATE: the outcome of the transaction is unknown. */
  readonly code = '08007';

  constructor(cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`the database did not say whether the change was carried out, wholly or not at all: ${reason}`, { cause });
  }
}

/**
 * Commits, with the statements that wait in the queue.
 *
 * @throws what one of them has failed with, or UndoneError if PostgreSQL undid the transaction instead
 */
export async function commit(db: QueuedConnection): Promise<void> {
  const { command } = await db.query(COMMIT);
  if (command !== 'COMMIT') throw new UndoneError();
}

/**
 * Runs work in a transaction: commits it when the work resolves, undoes it when the work throws.
 *
 * @throws what the work throws, and LostCommitError if the answer to the commit was lost
 */
export async function runTransaction<T>(pool: Pool, work: (db: PoolClient) => Promise<T>): Promise<T> {
  const db = await pool.connect();
  let isCommitting = false;
  try {
    await db.query('BEGIN');
    const done = await work(db);
    isCommitting = true;
    const { command } = await db.query('COMMIT');
    if (command !== 'COMMIT') throw new UndoneError();
    db.release();
    return done;
  } catch (error) {
    const isUndone = await undo(db, error);
    throw isCommitting && !isUndone ? new LostCommitError(error) : error;
  }
}

/**
 * Undoes the transaction after an error, and gives the connection back, or closes it if it cannot roll back or should not be
 * used again.
 *
 * @returns whether PostgreSQL has said that nothing of the transaction is left
 */
export async function undo(db: PoolClient, error: unknown): Promise<boolean> {
  try {
    await db.query('ROLLBACK');
    db.release(isOfDatabase(error));
    return isAnswer(error) || error instanceof UndoneError;
  } catch (broken) {
    db.release(broken instanceof Error ? broken : true);
    return false;
  }
}
