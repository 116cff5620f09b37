import type { AddressInfo, Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import type { ListenAt } from '../workers/dispatcher.js';
import type { Ports } from '../workers/primary-link.js';
import type { HttpConnections } from './connections.js';

/** Where connections come in. */
export interface ListeningPort {
  readonly address: AddressInfo;
  /** Lets no more in, and resolves when all are closed. */
  readonly close: () => Promise<unknown>;
}

/** Where a server listens. */
export interface Place extends ListenAt {
  /** Its place among the ports of the node, as the primary of the node opens them for its workers. */
  readonly index: number;
}

/** Listens at a port of the settings. */
export async function openOwnPort(
  app: FastifyInstance,
  { host, port }: ListenAt,
  scheme: 'http' | 'https',
): Promise<ListeningPort> {
  const listenTextResolver = (address: string) => `listening at ${address.replace(/^http:/, `${scheme}:`)}`;
  await app.listen({ host, port, listenTextResolver });
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return { address, close: () => app.close() };
}

/** Takes connections of a port that the primary of the node has opened for all its workers. */
export async function takeSharedPort(
  app: FastifyInstance,
  connections: HttpConnections,
  ports: Ports,
  index: number,
): Promise<ListeningPort> {
  const { server } = app;
  const address = ports.addresses[index];
  if (address === undefined) throw new Error('the primary has no port');
  await app.ready();
  server.emit('listening'); // From then on, Node ends connections that are too slow.
  ports.take(index, (socket: Socket) => {
    socket.allowHalfOpen = !(server instanceof TlsServer); // as the servers of Node have it
    server.emit('connection', socket);
  });
  const close = async () => {
    await app.close();
    server.closeIdleConnections();
    await connections.closed();
    server.emit('close');
  };
  return { address, close };
}

/** An absolute URL without path. */
export function urlOf(scheme: 'http' | 'https' | 'dns', address: AddressInfo): string {
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `${scheme}://${host}:${address.port}`;
}
