import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A direction of a connection: from the client to the server, or back. */
export type Way = 'there' | 'back';

export interface StallingProxy {
  /** The same URL, through the proxy. */
  readonly url: string;
  /** Connections that are open on the side of the client. */
  readonly open: number;
  /**
   * Forwards nothing more in these directions, of the connections that are open (half-open: both ends believe in them) and of
   * those that come. Nothing is closed; what arrives is kept.
   */
  stall(ways?: readonly Way[]): void;
  /** Forwards what was kept, and all else again, except on connections that were forgotten. */
  heal(): void;
  /** What is open now never forwards anything again, as behind a firewall that has dropped it; others are forwarded. */
  forget(ways?: readonly Way[]): void;
  /** Forgets the connection whose client sends this next, behind the piece that has it. */
  forgetAt(pattern: RegExp): void;
  /** Whether new connections are refused. */
  refuse(isRefusing: boolean): Promise<void>;
  close(): Promise<void>;
}

interface Link {
  readonly near: Socket;
  readonly far: Socket;
  readonly forgotten: Set<Way>;
}

const both = ['there', 'back'] as const;

/** A TCP proxy before PostgreSQL that can stop forwarding without closing anything. */
export async function startStallingProxy(target: string): Promise<StallingProxy> {
  const direct = new URL(target);
  const links = new Set<Link>();
  let stalled = new Set<Way>();
  let awaited: RegExp | undefined;

  /** A socket that is paused notices neither bytes nor the end of its other side. */
  const flow = ({ near, far, forgotten }: Link) => {
    for (const [way, from] of [['there', near] as const, ['back', far] as const]) {
      if (stalled.has(way) || forgotten.has(way)) from.pause();
      else from.resume();
    }
  };
  const flowAll = () => {
    for (const link of links) flow(link);
  };

  const accept = (near: Socket) => {
    const far = connect(Number(direct.port), direct.hostname);
    const link: Link = { near, far, forgotten: new Set() };
    links.add(link);
    for (const [from, to] of [[near, far] as const, [far, near] as const]) {
      from.on('data', (bytes) => {
        to.write(bytes);
        if (from === far || !awaited?.test(bytes.toString('latin1'))) return;
        awaited = undefined;
        for (const way of both) link.forgotten.add(way);
        flow(link);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        const way = from === near ? 'there' : 'back';
        // The end of one side is news like any other.
        if (stalled.has(way) || link.forgotten.has(way)) return;
        to.destroy();
        if (near.destroyed && far.destroyed) links.delete(link);
      });
    }
    flow(link);
  };
  let proxy = createServer(accept);
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = proxy.address() as AddressInfo;
  const url = new URL(direct);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  const stopListening = () => {
    const closed = once(proxy, 'close');
    proxy.close();
    return { closed };
  };
  return {
    url: url.href,
    get open() {
      return [...links].filter(({ near }) => !near.destroyed).length;
    },
    stall: (ways = both) => {
      stalled = new Set(ways);
      flowAll();
    },
    heal: () => {
      stalled = new Set();
      flowAll();
    },
    forget: (ways = both) => {
      for (const { forgotten } of links) for (const way of ways) forgotten.add(way);
      flowAll();
    },
    forgetAt: (pattern) => {
      awaited = pattern;
    },
    refuse: async (isRefusing) => {
      if (isRefusing === !proxy.listening) return;
      if (isRefusing) stopListening();
      else {
        proxy = createServer(accept);
        proxy.listen(port, '127.0.0.1');
        await once(proxy, 'listening');
      }
    },
    close: async () => {
      for (const { near, far } of links) for (const socket of [near, far]) socket.destroy();
      if (!proxy.listening) return;
      await stopListening().closed;
    },
  };
}
