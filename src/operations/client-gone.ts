/** Nobody waits for the answer to a request any more: what has not been committed is undone. */
export class ClientGone extends Error {
  override name = 'ClientGone';

  constructor() {
    super('the client was gone before the end; nothing was done');
  }
}

/** Throws ClientGone if nobody waits any more. */
export function expectClient(gone: AbortSignal | undefined): void {
  if (gone?.aborted) throw new ClientGone();
}
