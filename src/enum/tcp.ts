import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { plainAddress } from './askers.js';
import type { Responder } from './responder.js';
import type { EnumSettings, Listener } from './settings.js';

/** Questions of one connection that may be under way; more are not read before one is answered (RFC 7766 §6.2.1.1). */
const MAX_UNDER_WAY = 64;

/** Size of one question: its name, EDNS and a TSIG record take a few hundred bytes. */
const MAX_QUESTION_BYTES = 4096;

type TcpSettings = Pick<EnumSettings, 'tcpConnections' | 'tcpIdle'>;

/** TCP connections of all listeners. */
export class Connections {
  readonly #settings: TcpSettings;
  readonly #responder: Responder;
  readonly #open = new Set<Socket>();

  constructor(settings: TcpSettings, responder: Responder) {
    this.#settings = settings;
    this.#responder = responder;
  }

  /** Answers over TCP. Rejects if it cannot listen at the address. */
  async listen({ address, port, asker }: Listener): Promise<Server> {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.accept(socket, asker));
    server.listen(port, address);
    await once(server, 'listening');
    server.on('error', () => undefined);
    return server;
  }

  close(): void {
    for (const socket of this.#open) socket.destroy();
  }

  /** Answers on a connection; the asker is that of its listener. */
  accept(socket: Socket, asker: string | undefined): void {
    socket.on('error', () => undefined);
    // Without an address, the connection is closed already.
    if (socket.remoteAddress === undefined || this.#open.size >= this.#settings.tcpConnections) {
      socket.destroy();
      return;
    }
    this.#open.add(socket);
    socket.on('close', () => this.#open.delete(socket));
    const client = { address: plainAddress(socket.remoteAddress), asker, transport: 'tcp' } as const;
    converse(socket, this.#settings.tcpIdle, (bytes) => this.#responder.answer(bytes, client));
  }
}

/**
 * Reads messages, each after its length, and sends each answer when it is ready (RFC 7766 §6.2.1, §7). The timeout ends a
 * connection without a whole question, and one whose client does not read its answers.
 */
function converse(socket: Socket, idleMs: number, answer: (bytes: Buffer) => Promise<Buffer | undefined>): void {
  let received: Buffer = Buffer.alloc(0);
  let underWay = 0;
  let isEnding = false;
  const timer = setTimeout(() => socket.destroy(), idleMs);
  socket.on('close', () => clearTimeout(timer));

  const take = () => {
    while (underWay < MAX_UNDER_WAY && !socket.writableNeedDrain && received.length >= 2) {
      const end = 2 + received.readUInt16BE(0);
      if (end > 2 + MAX_QUESTION_BYTES) {
        socket.destroy();
        return;
      }
      if (received.length < end) break;
      const bytes = received.subarray(2, end);
      received = received.subarray(end);
      underWay++;
      timer.refresh();
      answer(bytes)
        .then(send)
        .catch(() => socket.destroy());
    }
    if (underWay < MAX_UNDER_WAY && !socket.writableNeedDrain) socket.resume();
    else socket.pause();
    if (isEnding && underWay === 0) socket.end();
  };
  const send = (message: Buffer | undefined) => {
    underWay--;
    if (socket.destroyed) return;
    timer.refresh();
    // A client that sends no questions, or more than we can answer, loses its connection.
    if (message === undefined) {
      socket.destroy();
      return;
    }
    const framed = Buffer.allocUnsafe(2 + message.length);
    framed.writeUInt16BE(message.length, 0);
    message.copy(framed, 2);
    socket.write(framed);
    take();
  };
  socket.on('drain', take);
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    take();
  });
  socket.on('end', () => {
    isEnding = true;
    take();
  });
}
