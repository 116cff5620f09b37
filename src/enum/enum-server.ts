import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Lookups } from '../lookup/lookups.js';
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
}

/** Time between two lines of counts in the log. */
const COUNTS_EVERY_MS = 60_000;

/** Answers ENUM questions (RFC 6116) at all listeners. Rejects if it cannot listen at one of them. */
export async function serveEnum(settings: EnumSettings, { lookups, pool, log, clock }: EnumDeps): Promise<EnumServer> {
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
  const open: (() => Promise<unknown>)[] = [];
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
    for (const listener of settings.listeners) addresses.push(await listen(listener, responder, connections, open));
    return { addresses, counts: watch.counts, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Listens over TCP, then over UDP at the same port, which the system may have chosen. */
async function listen(
  listener: Listener,
  responder: Responder,
  connections: Connections,
  open: (() => Promise<unknown>)[],
): Promise<AddressInfo> {
  const server = await connections.listen(listener);
  open.push(async () => {
    server.close();
    await once(server, 'close');
  });
  const address = server.address() as AddressInfo;
  const socket = await listenUdp({ ...listener, port: address.port }, responder);
  open.push(async () => {
    socket.close();
    await once(socket, 'close');
  });
  return address;
}
