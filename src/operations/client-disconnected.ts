/** The client of a request has disconnected. Work that is not committed is undone. */
export class ClientDisconnectedError extends Error {
  override readonly name = 'ClientDisconnectedError';

  constructor() {
    super('the client disconnected before the end; nothing was done');
  }
}

/** Throws ClientDisconnectedError if the client has disconnected. */
export function throwIfDisconnected(disconnected: AbortSignal | undefined): void {
  if (disconnected?.aborted) throw new ClientDisconnectedError();
}
