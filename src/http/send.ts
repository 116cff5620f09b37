import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate as immediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createGzip, gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpRefusal } from './http-refusal.js';
import { readsGzip } from './weighted-list.js';

const compress = promisify(gzip);

/** Bytes below which gzip is not worth its header. */
const SMALLEST_GZIP = 1024;

/** Characters that are sent at once; a longer document goes out as a stream. */
const PIECE = 65_536;

/** Bytes of a body that is waited for before its request is refused, and milliseconds. */
const SMALL_BODY = 65_536;
const SMALL_BODY_MS = 250;

export interface Document {
  readonly status: number;
  readonly mediaType: string;
  /** The text, whole or in pieces. */
  readonly text: string | Iterable<string>;
}

/**
 * Sends a document, gzipped where the client reads that. The media type is ours, never the client's. A client that does
 * not take its answer for `stallTimeout` milliseconds loses its connection.
 */
export async function sendDocument(
  request: FastifyRequest,
  reply: FastifyReply,
  document: Document,
  stallTimeout = 30_000,
): Promise<FastifyReply> {
  reply.code(document.status).header('content-type', document.mediaType).header('vary', 'accept-encoding');
  const gzips = readsGzip(request.headers['accept-encoding']);
  const pieces = piecesOf(typeof document.text === 'string' ? [document.text] : document.text);
  const first = Buffer.from(pieces.next().value ?? '');
  const second = pieces.next();
  if (!second.done) {
    reply.raw.setTimeout(stallTimeout, () => reply.raw.destroy());
    const whole = Readable.from(concat(first, second.value, pieces), { objectMode: false });
    return gzips ? reply.header('content-encoding', 'gzip').send(whole.pipe(createGzip())) : reply.send(whole);
  }
  if (first.length < SMALLEST_GZIP || !gzips) return reply.send(first);
  return reply.header('content-encoding', 'gzip').send(await compress(first));
}

/** Small pieces gathered into large ones. */
function* piecesOf(pieces: Iterable<string>): Generator<string, void> {
  let gathered = '';
  for (const piece of pieces) {
    gathered += piece;
    if (gathered.length < PIECE) continue;
    yield gathered;
    gathered = '';
  }
  if (gathered !== '') yield gathered;
}

function* concat(first: Buffer, second: string, rest: Iterable<string>): Generator<Buffer, void> {
  yield first;
  yield Buffer.from(second);
  for (const piece of rest) yield Buffer.from(piece);
}

/**
 * Answers a request that is refused on the level of HTTP: one sentence as text. If the body has not come whole by then, the
 * connection ends with this answer; most small ones come a moment after their headers.
 */
export async function sendRefusal(
  reply: FastifyReply,
  { status, reason, headers }: HttpRefusal,
): Promise<FastifyReply> {
  const { raw: request } = reply.request;
  if (headers.connection !== 'close') await smallBody(request);
  const text = Buffer.from(`${reason}\n`);
  for (const [name, value] of Object.entries(headers)) reply.header(name, value);
  reply.code(status).header('content-type', 'text/plain; charset=utf-8').header('content-length', text.length);
  if (headers.connection === 'close' || !request.complete) reply.raw.shouldKeepAlive = false;
  // Without it Node ends the connection of a client that has sent its body without waiting for it.
  else if (expectsContinue(request)) reply.raw.writeContinue();
  return reply.send(text);
}

/** Waits for the rest of a body that is small, unless its client waits as well. */
async function smallBody(request: IncomingMessage): Promise<void> {
  if (!request.complete) await immediate(); // What came with the headers is read then.
  const { complete, headers } = request;
  if (complete || expectsContinue(request)) return;
  if (Number(headers['content-length'] ?? 0) > SMALL_BODY) return;
  await new Promise<void>((resolve) => {
    const late = setTimeout(resolve, SMALL_BODY_MS);
    const done = () => {
      clearTimeout(late);
      resolve();
    };
    request.once('end', done).once('close', done).resume();
  });
}

/** Whether the client may wait for leave to send its body (RFC 9110 §10.1.1). */
export function expectsContinue({ headers }: IncomingMessage): boolean {
  return /^100-continue$/i.test(headers.expect ?? '');
}
