import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Connection, type Shared } from './connection.js';
import type { Tls } from './tls.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** What the parser can find wrong, as far as it has an answer of its own. */
const refusals: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: refusalWith('408 Request Timeout', 'The request took too long.'),
  HPE_HEADER_OVERFLOW: refusalWith('431 Request Header Fields Too Large', 'The start line and headers are too large.'),
};
const malformed = refusalWith('400 Bad Request', 'What was sent is not HTTP/1.1.');
const noTunnel = refusalWith('405 Method Not Allowed', 'There is no CONNECT here.', 'Allow: GET, HEAD, POST\r\n');

/** Found where a request could begin: perhaps a byte too many behind the one before. */
const stray: readonly string[] = ['HPE_INVALID_METHOD', 'HPE_CLOSED_CONNECTION', 'ERR_HTTP_REQUEST_TIMEOUT'];

/** Looks at how much of its answer a client takes, in the time that it may stall. */
const LOOKS = 30;

export interface Pace {
  /** Bytes a second that a client takes of an answer, on average of as many milliseconds as it may stall. */
  readonly minRate: number;
  readonly stallTimeout: number;
}

/** The connections of clients, between the parser of Node and the routes. */
export class Connections {
  readonly #connections = new WeakMap<Socket, Connection>();
  readonly #onBroken: (code: string) => void;
  readonly #shared: Shared;
  readonly #lookEvery: number;
  #turns: (() => void)[] = [];

  /** `onBroken` is told why a connection ends that could not be read. */
  constructor({ minRate, stallTimeout }: Pace, onBroken: (code: string) => void) {
    this.#onBroken = onBroken;
    this.#lookEvery = Math.ceil(stallTimeout / LOOKS);
    this.#shared = {
      turn: (begin) => this.#wait(begin),
      busy: new Set(),
      pace: { bytes: Math.max((minRate * stallTimeout) / 1000, 1), looks: LOOKS },
    };
  }

  /** A server that gives what it reads to the handler. */
  serve(options: ServerOptions, tls: Tls | undefined, handler: Handler): Server {
    const server: Server = tls === undefined ? createServer(options) : tls.createServer(options);
    const take: Handler = (request, response) =>
      this.#of(request.socket).take({ request, response, begin: () => handler(request, response) });
    const looking = setInterval(() => this.#look(), this.#lookEvery).unref();
    return server
      .on('close', () => clearInterval(looking))
      .on('request', take)
      .on('checkContinue', take)
      .on('connect', (_request, socket) => this.#connect(socket))
      .on('clientError', (error: NodeJS.ErrnoException, socket) => this.#fail(error, socket as Socket));
  }

  #of(socket: Socket): Connection {
    const known = this.#connections.get(socket);
    if (known !== undefined) return known;
    const connection = new Connection(socket, this.#shared);
    this.#connections.set(socket, connection);
    return connection;
  }

  #fail({ code = '' }: NodeJS.ErrnoException, socket: Socket): void {
    const isFirst = this.#of(socket).fail(refusals[code] ?? malformed, stray.includes(code));
    if (isFirst) this.#onBroken(code);
  }

  /** Node leaves the connection to us as it is. */
  #connect(socket: Duplex): void {
    socket.on('error', () => undefined);
    this.#of(socket as Socket).fail(noTunnel, false);
  }

  #look(): void {
    for (const connection of this.#shared.busy) connection.look();
  }

  /** Of the requests that have waited for an answer before theirs, one is begun in each turn of the event loop. */
  #wait(begin: () => void): void {
    this.#turns.push(begin);
    if (this.#turns.length === 1) setImmediate(() => this.#turn());
  }

  #turn(): void {
    const begin = this.#turns.shift();
    if (this.#turns.length > 0) setImmediate(() => this.#turn());
    begin?.();
  }
}

function refusalWith(status: string, sentence: string, headers = ''): string {
  const length = Buffer.byteLength(`${sentence}\n`);
  return (
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${length}\r\n${headers}` +
    `X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n${sentence}\n`
  );
}
