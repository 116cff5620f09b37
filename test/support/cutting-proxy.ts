import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** When the proxy breaks a connection: as soon as the request or the answer, from its beginning, has this in it. */
export interface Cut {
  readonly in: 'request' | 'answer';
  readonly at: RegExp;
  /** How many bytes of the piece in which that is still go through. */
  readonly passes?: number;
}

export interface CuttingProxy {
  readonly url: string;
  /** How many connections were cut. */
  readonly cuts: number;
  /** Cuts the next connection in which this occurs, once. */
  cutNext(cut: Cut): void;
  close(): Promise<void>;
}

/** A TCP proxy before a server that breaks connections when it is told to. */
export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let next: Cut | undefined;
  let cuts = 0;

  const pass = (from: Socket, to: Socket, way: Cut['in']) => {
    let seen = '';
    from.on('data', (bytes) => {
      seen = next?.in === way ? seen + bytes.toString('latin1') : '';
      const cut = next;
      if (cut?.in !== way || !cut.at.test(seen)) {
        to.write(bytes);
        return;
      }
      next = undefined;
      cuts += 1;
      const end = () => {
        from.destroy();
        to.destroy();
      };
      // What passes is delivered first, as far as the system can say.
      to.write(bytes.subarray(0, cut.passes ?? 0), () => setImmediate(end));
    });
  };

  const proxy = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    pass(near, far, 'request');
    pass(far, near, 'answer');
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    get cuts() {
      return cuts;
    },
    cutNext: (cut) => {
      next = cut;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
