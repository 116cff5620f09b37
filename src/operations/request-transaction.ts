import type { Pool } from 'pg';
import { cancelWhen } from '../registry/connection/cancel-when.js';
import { isCancelled } from '../registry/connection/database-error.js';
import { type QueuedConnection, queuedConnection } from '../registry/connection/queued-connection.js';
import { BEGIN, commit, ROLLBACK, undo } from '../registry/connection/transaction.js';
import type { CommitInquiry } from '../registry/journal/commit-inquiry.js';
import { ClientDisconnectedError, onceAllHaveGone, throwIfDisconnected } from './client-disconnected.js';

/** What the transaction of a request, or of several that share one, is made with. */
export interface TransactionMeans {
  readonly pool: Pool;
  readonly commitInquiry: Pick<CommitInquiry, 'wasDone'>;
}

/** The requests of a transaction. */
export interface TransactionOwner {
  /** Of the request whose id locks the transaction, and whose journal row goes with the commit. */
  readonly serverTransId: string;
  /** Aborted as soon as one of the clients has gone. */
  readonly disconnected?: AbortSignal | undefined;
  /** Of each client, aborted when it has gone; by default there is one. */
  readonly clients?: readonly (AbortSignal | undefined)[];
}

/**
 * Does work in a transaction and commits or undoes it as the work says. An error undoes it, and closes a connection that
 * cannot be rolled back.
 *
 * BEGIN goes with the first statements and COMMIT with the last ones. It follows no failed statement: in one exchange
 * PostgreSQL passes over it, and after one that failed before it is not sent.
 *
 * If PostgreSQL does not answer COMMIT, with its end or with an error, the commit may be done, or be done yet. The inquiry
 * finds that out, over another connection.
 *
 * @throws what the work and the database throw, with nothing done; ClientDisconnectedError if a client has gone before the
 *   commit began; CommitInDoubtError if it is not known whether the commit was done
 */
export async function inTransaction<T>(
  { pool, commitInquiry }: TransactionMeans,
  { serverTransId, disconnected, clients = [disconnected] }: TransactionOwner,
  work: (db: QueuedConnection) => Promise<{ readonly result: T; readonly commit: boolean }>,
): Promise<T> {
  const client = await pool.connect();
  const db = queuedConnection(client);
  const stopCancelling = cancelWhen(disconnected, client);
  let committing: { readonly result: T } | undefined;
  try {
    db.send(BEGIN);
    const done = await work(db);
    throwIfDisconnected(disconnected);
    if (done.commit) {
      committing = done;
      await commit(db);
    } else {
      await db.query(ROLLBACK);
    }
    stopCancelling();
    client.release(disconnected?.aborted); // What cancels a statement may be on its way yet.
    return done.result;
  } catch (error) {
    stopCancelling();
    const dropped = db.drop();
    if (disconnected?.aborted && (committing === undefined || isCancelled(error))) {
      client.release(true);
      throw new ClientDisconnectedError();
    }
    await dropped;
    const isUndone = await undo(client, error);
    if (committing === undefined || isUndone) throw error;
    const { signal: abandoned, end } = onceAllHaveGone(clients);
    const wasDone = await commitInquiry.wasDone(serverTransId, abandoned).finally(end);
    if (wasDone) return committing.result;
    throw error;
  }
}
