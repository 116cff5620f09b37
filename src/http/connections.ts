import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Connection, type Shared } from './connection.js';
import type { Tls } from './tls.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Errors of the parser that have a response of their own. */
const refusals: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: refusalWith('408 Request Timeout', 'The request took too long.'),
  HPE_HEADER_OVERFLOW: refusalWith('431 Request Header Fields Too Large', 'The start line and headers are too large.'),
};
const malformed = refusalWith('400 Bad Request', 'The request is not HTTP/1.1.');
const noTunnel = refusalWith('405 Method Not Allowed', 'CONNECT is not supported.', 'Allow: GET, HEAD, POST\r\n');

/** Errors where a request could begin: perhaps bytes too many after the request before. */
const strayErrors: readonly string[] = ['HPE_INVALID_METHOD', 'HPE_CLOSED_CONNECTION', 'ERR_HTTP_REQUEST_TIMEOUT'];

/** Checks of a client's pace within the time that it may stall. */
const PACE_CHECKS = 30;

export interface Pace {
  /** Bytes a second that a client has to read of an answer, on average over stallTimeout. */
  readonly minRate: number;
  /** Milliseconds. */
  readonly stallTimeout: number;
}

/** The connections of clients, between Node's parser and the routes. */
export class HttpConnections {
  readonly #connections = new WeakMap<Socket, Connection>();
  readonly #onBroken: (code: string) => void;
  readonly #shared: Shared;
  readonly #checkEveryMs: number;
  #turns: (() => void)[] = [];
  #open = 0;
  #whenClosed: () => void = () => undefined;

  /** `onBroken` gets the error code of each connection that could not be read. */
  constructor({ minRate, stallTimeout }: Pace, onBroken: (code: string) => void) {
    this.#onBroken = onBroken;
    this.#checkEveryMs = Math.ceil(stallTimeout / PACE_CHECKS);
    this.#shared = {
      turn: (begin) => this.#wait(begin),
      busy: new Set(),
      pace: { bytes: Math.max((minRate * stallTimeout) / 1000, 1), checks: PACE_CHECKS },
    };
  }

  /** How many there are. */
  get open(): number {
    return this.#open;
  }

  /** Resolves when there are none. */
  closed(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenClosed = resolve;
      if (this.#open === 0) resolve();
    });
  }

  /** A server that passes its requests to the handler. */
  serve(options: ServerOptions, tls: Tls | undefined, handler: Handler): Server {
    const server: Server = tls === undefined ? createServer(options) : tls.createServer(options);
    const take: Handler = (request, response) =>
      this.#of(request.socket).take({ request, response, begin: () => handler(request, response) });
    const checking = setInterval(() => this.#checkPace(), this.#checkEveryMs).unref();
    return server
      .on('close', () => clearInterval(checking))
      .on('connection', (socket: Socket) => {
        this.#open += 1;
        socket.once('close', () => {
          this.#open -= 1;
          if (this.#open === 0) this.#whenClosed();
        });
      })
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
    const isFirst = this.#of(socket).fail(refusals[code] ?? malformed, strayErrors.includes(code));
    if (isFirst) this.#onBroken(code);
  }

  /** Node hands the raw connection over and adds no listeners. */
  #connect(socket: Duplex): void {
    socket.on('error', () => undefined);
    this.#of(socket as Socket).fail(noTunnel, false);
  }

  #checkPace(): void {
    for (const connection of this.#shared.busy) connection.checkPace();
  }

  /** Begins one pipelined request in each turn of the event loop, so that one connection cannot hold up the others. */
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
