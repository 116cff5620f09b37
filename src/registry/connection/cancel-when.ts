import { connect } from 'node:net';
import type { PoolClient } from 'pg';

/** PostgreSQL's code of a request to cancel what a connection is doing. */
const CANCEL_REQUEST = 80_877_102;

/** Time between two cancel requests. One that arrives between two statements cancels neither. */
const RETRY_MS = 500;

/** Milliseconds after which a connection that could not be cancelled is closed. */
const TIMEOUT_MS = 3000;

/** The database took longer than it was given. */
class LateError extends Error {
  override readonly name = 'LateError';
  /** SQLSTATE, as of a statement that PostgreSQL itself gives up. */
  readonly code = '57014';

  constructor() {
    super('the database took too long');
  }
}

/** Members of the driver's connection that its types leave out. A cancel request names the connection by them. */
interface Known {
  readonly processID?: number | null;
  readonly secretKey?: number | null;
}

/**
 * Once the signal is aborted, cancels the statement that the connection runs, and each later one. The caller must then
 * close the connection instead of giving it back.
 *
 * @returns stops the cancelling
 */
export function cancelWhen(unwanted: AbortSignal | undefined, db: PoolClient): () => void {
  if (unwanted === undefined) return () => undefined;
  let timer: NodeJS.Timeout | undefined;
  let since: number | undefined;
  const giveUp = () => {
    since ??= performance.now();
    if (performance.now() - since > TIMEOUT_MS) db.connection.stream.destroy();
    else cancel(db);
    timer = setTimeout(giveUp, RETRY_MS);
  };
  if (unwanted.aborted) giveUp();
  else unwanted.addEventListener('abort', giveUp, { once: true });
  return () => {
    clearTimeout(timer);
    unwanted.removeEventListener('abort', giveUp);
  };
}

/**
 * Does work on a connection, and cancels its statement when the time is over. If it throws, the caller must close the
 * connection.
 *
 * @param within milliseconds
 * @throws what the work throws, and LateError if it ended too late
 */
export async function withinTime<T>(db: PoolClient, within: number, work: (db: PoolClient) => Promise<T>): Promise<T> {
  const late = AbortSignal.timeout(within);
  const stop = cancelWhen(late, db);
  try {
    const done = await work(db);
    if (late.aborted) throw new LateError(); // What cancels a statement may be on its way yet.
    return done;
  } finally {
    stop();
  }
}

/** Sends the cancel request over a connection of its own, which PostgreSQL accepts without login or TLS. */
function cancel({ host, port, processID, secretKey }: PoolClient & Known): void {
  if (!processID || !secretKey) return;
  const asked = Buffer.alloc(16);
  asked.writeInt32BE(16, 0);
  asked.writeInt32BE(CANCEL_REQUEST, 4);
  asked.writeInt32BE(processID, 8);
  asked.writeInt32BE(secretKey, 12);
  const wire = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  wire.setTimeout(TIMEOUT_MS, () => wire.destroy());
  wire.on('error', () => undefined); // The request is repeated, and the connection is closed in the end.
  wire.end(asked);
}
