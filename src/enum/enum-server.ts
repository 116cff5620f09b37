import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Lookups } from '../lookup/lookups.js';
import type { Ports } from '../workers/primary-link.js';
import { Askers } from './askers.js';
import { type Counts, Watch } from './counts.js';
import { Resolver } from './resolver.js';
import { Responder } from './responder.js';
import type { EnumSettings, Listener } from './settings.js';
import { Connections } from './tcp.js';
import { listenUdp } from './udp.js';
import { Zone } from './zone.js';

export interface EnumServer {
  /** Where it listens, UDP and TCP alike, in the order of the settings. */
  readonly addresses: readonly AddressInfo[];
  readonly counts: Readonly<Counts>;
  close(): Promise<void>;
}

export interface EnumDeps {
  readonly lookups: Pick<Lookups, 'ask'>;
  /** Connections for all other queries. */
  readonly pool: Pool;
  readonly log: Logger;
  readonly clock: () => Date;
  /** TCP ports that the primary of the node has opened, one for each listener; undefined: this process opens its own. */
  readonly ports?: Ports;
}

/** What closes the ports of this process. */
type Open = (() => Promise<unknown>)[];

/** Time between two lines of counts in the log. */
const COUNTS_EVERY_MS = 60_000;

/** Answers ENUM questions (RFC 6116) at all listeners. Rejects if it cannot listen at one of them. */
export async function serveEnum(
  settings: EnumSettings,
  { lookups, pool, log, clock, ports }: EnumDeps,
): Promise<EnumServer> {
  const watch = new Watch({
    leftOut: (record) => log.warn(record, 'SED record left out: DNS cannot carry it'),
    failed: (error) => log.error({ err: error }, 'ENUM look-up failed'),
  });
  const responder = new Responder({
    settings,
    askers: new Askers(settings),
    resolver: new Resolver(lookups, pool, settings),
    zone: new Zone(settings, clock()),
    watch,
    clock,
  });
  const connections = new Connections(settings, responder);
  const open: Open = [];
  let loggedQueries = 0;
  const counting = setInterval(() => {
    if (watch.counts.queries === loggedQueries) return;
    loggedQueries = watch.counts.queries;
    log.info({ ...watch.counts }, 'ENUM counts');
  }, COUNTS_EVERY_MS);
  const close = async () => {
    clearInterval(counting);
    connections.close();
    await Promise.all(open.map((closeOne) => closeOne()));
  };
  try {
    const addresses: AddressInfo[] = [];
    for (const [index, listener] of settings.listeners.entries()) {
      const address =
        ports === undefined
          ? await listenTcp(listener, connections, open)
          : takeTcp(listener, connections, ports, index);
      await listenAtUdp(listener, address, responder, open);
      addresses.push(address);
    }
    return { addresses, counts: watch.counts, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Answers over TCP at a port of this process. */
async function listenTcp(listener: Listener, connections: Connections, open: Open): Promise<AddressInfo> {
  const server = await connections.listen(listener);
  open.push(async () => {
    server.close();
    await once(server, 'close');
  });
  return server.address() as AddressInfo;
}

/** Answers over TCP at a port that the primary of the node has opened. */
function takeTcp({ asker }: Listener, connections: Connections, ports: Ports, index: number): AddressInfo {
  const address = ports.addresses[index];
  if (address === undefined) throw new Error('the primary has not opened this port');
  ports.take(index, (socket) => {
    socket.allowHalfOpen = true; // as at a port of this process
    connections.accept(socket, asker);
  });
  return address;
}

/**
 * Answers over UDP at the port of TCP, which the system may have chosen. Of the processes of a node, node:cluster opens it
 * once, and each reads from it.
 */
async function listenAtUdp(listener: Listener, { port }: AddressInfo, responder: Responder, open: Open): Promise<void> {
  const socket = await listenUdp({ ...listener, port }, responder);
  open.push(async () => {
    socket.close();
    await once(socket, 'close');
  });
}
