import { connect } from 'node:net';
import type { PoolClient } from 'pg';

/** PostgreSQL's code of a request to cancel what a connection is doing. */
const CANCEL_REQUEST = 80_877_102;

/** Time between two cancel requests. One that arrives between two statements cancels neither. */
const RETRY_MS = 500;

/** Milliseconds after which a connection that could not be cancelled is closed. */
const TIMEOUT_MS = 3000;

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
