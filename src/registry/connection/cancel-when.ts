import { connect } from 'node:net';
import type { PoolClient } from 'pg';

/** PostgreSQL's code of a request to cancel what a connection is doing. */
const CANCEL = 80_877_102;

/** Milliseconds between two requests: one that comes between two statements cancels neither. */
const AGAIN = 500;

/** Milliseconds after which a connection that cannot be cancelled is cut. */
const TIMEOUT_MS = 3000;

/** What the driver knows of a connection besides: by what PostgreSQL is told which one is meant. */
interface Known {
  readonly processID?: number | null;
  readonly secretKey?: number | null;
}

/**
 * Has a connection give up what it is doing, and whatever it is told next, once that is wanted no more. The connection is
 * not to be used again then.
 *
 * @returns ends that
 */
export function cancelWhen(unwanted: AbortSignal | undefined, db: PoolClient): () => void {
  if (unwanted === undefined) return () => undefined;
  let timer: NodeJS.Timeout | undefined;
  let since: number | undefined;
  const giveUp = () => {
    since ??= performance.now();
    if (performance.now() - since > TIMEOUT_MS) db.connection.stream.destroy();
    else cancel(db);
    timer = setTimeout(giveUp, AGAIN);
  };
  if (unwanted.aborted) giveUp();
  else unwanted.addEventListener('abort', giveUp, { once: true });
  return () => {
    clearTimeout(timer);
    unwanted.removeEventListener('abort', giveUp);
  };
}

/** Asked over a connection of its own, which PostgreSQL takes without login or TLS. */
function cancel({ host, port, processID, secretKey }: PoolClient & Known): void {
  if (!processID || !secretKey) return;
  const asked = Buffer.alloc(16);
  asked.writeInt32BE(16, 0);
  asked.writeInt32BE(CANCEL, 4);
  asked.writeInt32BE(processID, 8);
  asked.writeInt32BE(secretKey, 12);
  const wire = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  wire.setTimeout(TIMEOUT_MS, () => wire.destroy());
  wire.on('error', () => undefined); // It is asked again, and cut at last.
  wire.end(asked);
}
