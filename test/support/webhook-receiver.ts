import { once } from 'node:events';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { issue } from './certificate.js';

/** A request that a webhook got. */
export interface ReceivedEvent {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly at: number;
}

/** A program at the other end of a webhook. */
export interface Receiver {
  readonly url: string;
  readonly received: readonly ReceivedEvent[];
  /** How it answers from now on. */
  answer: (response: ServerResponse, request: ReceivedEvent) => void;
  close(): Promise<void>;
}

/** The authority of all receivers' certificates. */
export const authority = issue({ subject: [['CN', 'Webhook receivers']], isAuthority: true });

const certificate = issue({ subject: [['CN', 'localhost']], by: authority, use: 'server' });

/** A certificate that nobody trusts. */
export const strange = issue({ subject: [['CN', 'localhost']] });

/** Listens on 127.0.0.1. It answers 204 until told otherwise. */
export async function startReceiver({ cert, key } = certificate, host = '127.0.0.1'): Promise<Receiver> {
  const received: ReceivedEvent[] = [];
  const sockets = new Set<Duplex>();
  const receiver: Pick<Receiver, 'answer'> = { answer: (response) => void response.writeHead(204).end() };
  const server = createServer({ cert, key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const event = { headers: request.headers, body: Buffer.concat(chunks).toString(), at: Date.now() };
      received.push(event);
      receiver.answer(response, event);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return Object.assign(receiver, {
    ...{ url: `https://${host}:${port}/events`, received },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  });
}
