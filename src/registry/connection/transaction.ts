import type { Pool, PoolClient } from 'pg';

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
