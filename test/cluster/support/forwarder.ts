import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy between a node and its database that can stop forwarding: both sides keep their connections and hear nothing. */
export interface Forwarder {
  readonly address: string;
  readonly port: number;
  /** Bytes are kept, and new connections are accepted without one to the target, until `resume`. */
  stop(): void;
  resume(): void;
  close(): Promise<void>;
}

/** Listens on an address and forwards to another. */
export async function startForwarder(address: string, target: { address: string; port: number }): Promise<Forwarder> {
  const sockets = new Set<Socket>();
  const waiting: (() => void)[] = [];
  let isStopped = false;

  const act = (what: () => void) => {
    if (isStopped) waiting.push(what);
    else what();
  };
  const join = (near: Socket) => {
    if (near.destroyed) return;
    const far = connect(target.port, target.address);
    sockets.add(far);
    far.on('error', () => near.destroy());
    far.on('close', () => {
      sockets.delete(far);
      act(() => near.end());
    });
    // What was sent before the end still arrives: a COMMIT may go through long after its node has given up.
    near.on('close', () => act(() => far.end()));
    pipe(near, far);
    pipe(far, near);
  };
  const pipe = (from: Socket, to: Socket) => {
    from.on('data', (bytes) => act(() => to.write(bytes)));
  };

  const server = createServer((near) => {
    sockets.add(near);
    near.on('error', () => undefined);
    near.on('close', () => sockets.delete(near));
    act(() => join(near));
  });
  server.listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return {
    address,
    port: bound.port,
    stop: () => {
      isStopped = true;
    },
    resume: () => {
      isStopped = false;
      for (const what of waiting.splice(0)) what();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
