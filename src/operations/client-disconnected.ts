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

/** The signal of several clients. It is undefined if it is never aborted; `end` makes it forget the clients. */
interface JointSignal {
  readonly signal: AbortSignal | undefined;
  readonly end: () => void;
}

/** A signal that is aborted as soon as one of these clients has gone. A client without a signal never goes. */
export function onceOneHasGone(clients: readonly (AbortSignal | undefined)[]): JointSignal {
  return onceGone(
    clients.filter((client) => client !== undefined),
    (gone) => gone > 0,
  );
}

/** A signal that is aborted once all of these clients have gone. */
export function onceAllHaveGone(clients: readonly (AbortSignal | undefined)[]): JointSignal {
  const known = clients.filter((client) => client !== undefined);
  if (known.length < clients.length) return never;
  return onceGone(known, (gone, all) => gone === all);
}

const never: JointSignal = { signal: undefined, end: () => undefined };

function onceGone(clients: readonly AbortSignal[], isEnough: (gone: number, all: number) => boolean): JointSignal {
  const [one, ...others] = new Set(clients);
  if (one === undefined) return never;
  if (others.length === 0) return { signal: one, end: () => undefined };
  const all = [one, ...others];
  const joint = new AbortController();
  const check = () => {
    const gone = all.filter(({ aborted }) => aborted).length;
    if (isEnough(gone, all.length)) joint.abort(new ClientDisconnectedError());
  };
  for (const client of all) client.addEventListener('abort', check, { once: true });
  check();
  return {
    signal: joint.signal,
    end: () => {
      for (const client of all) client.removeEventListener('abort', check);
    },
  };
}
