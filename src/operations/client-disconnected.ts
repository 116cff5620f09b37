/** Nobody waits for the answer to a request any more: what has not been committed is undone. */
export class ClientDisconnected extends Error {
  override name = 'ClientGone';

  constructor() {
    super('the client was gone before the end; nothing was done');
  }
}

/** Throws ClientGone if nobody waits any more. */
export function throwIfDisconnected(disconnected: AbortSignal | undefined): void {
  if (disconnected?.aborted) throw new ClientDisconnected();
}
