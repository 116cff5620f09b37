import type { Pool, PoolClient } from 'pg';

/** Does work in a transaction: committed if it ends, undone if it throws. */
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

/** Undoes the transaction and gives the connection back; one that cannot be rolled back is given up. */
export function undo(db: PoolClient): Promise<void> {
  return db.query('ROLLBACK').then(
    () => db.release(),
    (broken: unknown) => db.release(broken instanceof Error ? broken : true),
  );
}
