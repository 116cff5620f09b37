/** The client of a request has gone: what has not been committed is undone. */
export class ClientDisconnected extends Error {
  override readonly name = 'ClientDisconnected';

  constructor() {
    super('the client disconnected before the end; nothing was done');
  }
}

/** Throws ClientDisconnected if the client has gone. */
export function throwIfDisconnected(disconnected: AbortSignal | undefined): void {
  if (disconnected?.aborted) throw new ClientDisconnected();
}
