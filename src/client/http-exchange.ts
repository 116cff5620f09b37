import { type Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { brokenExchange } from './broken-exchange.js';
import type { StopSignal } from './bulk-options.js';
import type { HttpAnswer } from './http-answer.js';
import { throwIfStopped } from './patience.js';
import { LostAnswerError } from './sppp-error.js';

/** One HTTP request. A body in pieces can be read as often as the request is sent. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | (() => AsyncIterable<Uint8Array>);
  /** Gives up the request and its answer; its reason is thrown. */
  readonly signal?: StopSignal | undefined;
}

/** An answer with what the login needs of it. */
export interface Exchanged extends HttpAnswer {
  /** The lines `WWW-Authenticate`. */
  readonly challenges: readonly string[];
  /** Gives up the rest of the answer. */
  drop(): void;
}

/** Milliseconds for a connection to be made. */
const CONNECT_MS = 30_000;

/**
 * Sends a request and waits for the head of its answer.
 *
 * @param timeout milliseconds in which nothing moves, neither request nor answer
 * @throws NotConnectedError, LostAnswerError as `brokenExchange` says
 */
export async function exchange(request: HttpRequest, agent: Agent, timeout: number): Promise<Exchanged> {
  const { method, url, headers = {}, body, signal } = request;
  const length = typeof body === 'string' ? { 'content-length': String(Buffer.byteLength(body)) } : {};
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  throwIfStopped(signal);
  const sent = send(url, { method, agent, headers: { 'accept-encoding': 'gzip', ...length, ...headers } });
  const stop = () => sent.destroy(new Error('stopped'));
  signal?.addEventListener('abort', stop);
  sent.once('close', () => signal?.removeEventListener('abort', stop));
  if (typeof body === 'function') pour(body(), sent).catch((error) => sent.destroy(error));
  else sent.end(body);
  return answerOf(await headOf(sent, request, timeout), sent, request);
}

function headOf(sent: ClientRequest, { url, signal }: HttpRequest, timeout: number): Promise<IncomingMessage> {
  const limit = Math.min(CONNECT_MS, timeout);
  const connecting = setTimeout(() => sent.destroy(new Error(`no connection within ${limit} ms`)), limit);
  const progress = { isConnected: false, isWhole: false };
  sent.once('socket', (socket) => {
    const connected = () => {
      clearTimeout(connecting);
      progress.isConnected = true;
    };
    if (socket.connecting) socket.once('encrypted' in socket ? 'secureConnect' : 'connect', connected);
    else connected();
  });
  // It comes before the connection, too, if that fails.
  sent.once('finish', () => {
    progress.isWhole = true;
  });
  sent.setTimeout(timeout, () => sent.destroy(new Error(`nothing came for ${timeout} ms`)));
  return new Promise((resolve, reject) => {
    sent.once('response', resolve);
    sent.on('error', (error) => {
      clearTimeout(connecting);
      if (signal?.aborted) return reject(signal.reason);
      reject(brokenExchange(error, sent, url, progress));
    });
  });
}

/** Writes a body at the pace of the connection, and stops when the server has answered before its end. */
async function pour(body: AsyncIterable<Uint8Array>, sent: ClientRequest): Promise<void> {
  let isAnswered = false;
  sent.once('response', () => {
    isAnswered = true;
  });
  for await (const piece of body) {
    if (isAnswered || sent.destroyed) return;
    if (!sent.write(piece)) await drained(sent);
  }
  if (!isAnswered) sent.end();
}

function drained(sent: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of ['drain', 'close', 'response']) sent.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'close', 'response']) sent.once(event, done);
  });
}

function answerOf(incoming: IncomingMessage, sent: ClientRequest, { method, signal }: HttpRequest): Exchanged {
  // A request that was not sent to its end leaves a connection that is of no more use.
  incoming.once('close', () => {
    if (!sent.writableFinished) sent.destroy();
  });
  const body: Readable = isGzip(incoming) ? pipeline(incoming, createGunzip(), () => undefined) : incoming;
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    challenges: incoming.headersDistinct['www-authenticate'] ?? [],
    async *[Symbol.asyncIterator]() {
      try {
        yield* body as AsyncIterable<Uint8Array>;
      } catch (error) {
        throwIfStopped(signal);
        const reason = error instanceof Error ? error.message : String(error);
        throw new LostAnswerError(`the answer was cut: ${reason}`, method === 'GET');
      }
    },
    async text() {
      return text(this);
    },
    drop: () => {
      incoming.resume();
      if (!sent.writableFinished) sent.destroy();
    },
  };
}

function isGzip({ headers }: IncomingMessage): boolean {
  return headers['content-encoding']?.trim().toLowerCase() === 'gzip';
}
