import type { IncomingMessage } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { setImmediate as immediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createGzip, gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type CountHeldBytes, HeldText } from '../sppp/held-text.js';
import type { HttpRefusedError } from './http-refused.js';
import { readsGzip } from './weighted-list.js';

const compress = promisify(gzip);

/** Shorter documents are not worth gzip's header. */
const MIN_GZIP_BYTES = 1024;

/** Characters that are sent at once; a longer document is sent as a stream. */
const PIECE_LENGTH = 65_536;

/** Before a refusal is sent, the server waits for bodies up to this size, for this long. */
const SMALL_BODY_BYTES = 65_536;
const SMALL_BODY_MS = 250;

/** Limits for the client that reads a long answer. */
export interface Reading {
  /** Counts the bytes that are held for it. */
  readonly hold: CountHeldBytes;
  /** Milliseconds in all. */
  readonly timeout: number;
}

const unlimited: Reading = { hold: () => undefined, timeout: 60_000 };

export interface Document {
  readonly status: number;
  readonly mediaType: string;
  /** The text, whole or in pieces. */
  readonly text: string | Iterable<string>;
}

/**
 * Sends a document, with gzip if the client accepts that. The media type is ours, never the client's. The text is complete
 * before the client reads it, so a slow client holds the text and nothing that it is made from.
 */
export async function sendDocument(
  request: FastifyRequest,
  reply: FastifyReply,
  document: Document,
  reading: Reading = unlimited,
): Promise<FastifyReply> {
  const pieces = piecesOf(typeof document.text === 'string' ? [document.text] : document.text);
  const first = pieces.next().value ?? '';
  const second = pieces.next();
  if (!second.done) {
    const held = new HeldText(reading.hold);
    await held.add(first);
    await held.add(second.value);
    for (const piece of pieces) await held.add(piece);
    onceClosed(reply, () => held.drop());
    return sendLong(request, reply, document, held.read(), reading);
  }
  head(reply, document);
  const bytes = Buffer.from(first);
  if (bytes.length < MIN_GZIP_BYTES || !readsGzip(request.headers['accept-encoding'])) return reply.send(bytes);
  return reply.header('content-encoding', 'gzip').send(await compress(bytes));
}

/** Sends a document from a stream of its text. */
export function sendLong(
  request: FastifyRequest,
  reply: FastifyReply,
  document: Pick<Document, 'status' | 'mediaType'>,
  text: AsyncIterable<Buffer>,
  { timeout }: Pick<Reading, 'timeout'>,
): FastifyReply {
  head(reply, document);
  const late = setTimeout(() => reply.raw.destroy(), timeout);
  onceClosed(reply, () => clearTimeout(late));
  const stream = Readable.from(text, { objectMode: false });
  if (!readsGzip(request.headers['accept-encoding'])) return reply.send(stream);
  return reply.header('content-encoding', 'gzip').send(pipeline(stream, createGzip(), () => undefined));
}

/** Calls back when the answer is sent or its client has disconnected. */
export function onceClosed({ raw }: FastifyReply, then: () => void): void {
  if (raw.destroyed) then();
  else raw.once('close', then);
}

function head(reply: FastifyReply, { status, mediaType }: Pick<Document, 'status' | 'mediaType'>): void {
  reply.code(status).header('content-type', mediaType).header('vary', 'accept-encoding');
}

/** Joins small pieces into large ones. */
function* piecesOf(pieces: Iterable<string>): Generator<string, void> {
  let gathered = '';
  for (const piece of pieces) {
    gathered += piece;
    if (gathered.length < PIECE_LENGTH) continue;
    yield gathered;
    gathered = '';
  }
  if (gathered !== '') yield gathered;
}

/**
 * Answers a refused request with one sentence as text. If the rest of the body is not read by then, the connection ends with
 * this answer; most small bodies arrive a moment after their headers.
 */
export async function sendRefusal(
  reply: FastifyReply,
  { status, reason, headers }: HttpRefusedError,
): Promise<FastifyReply> {
  const { raw: request } = reply.request;
  if (headers.connection !== 'close') await smallBody(request);
  const text = Buffer.from(`${reason}\n`);
  for (const [name, value] of Object.entries(headers)) reply.header(name, value);
  reply.code(status).header('content-type', 'text/plain; charset=utf-8').header('content-length', text.length);
  if (headers.connection === 'close' || !request.complete) reply.raw.shouldKeepAlive = false;
  // Without this, Node ends the connection of a client that has sent its body without waiting.
  else if (expectsContinue(request)) reply.raw.writeContinue();
  return reply.send(text);
}

/** Waits for the rest of a small body, unless its client waits for leave to send it. */
async function smallBody(request: IncomingMessage): Promise<void> {
  if (!request.complete) await immediate(); // A body that came with the headers is read by then.
  const { complete, headers } = request;
  if (complete || expectsContinue(request)) return;
  if (Number(headers['content-length'] ?? 0) > SMALL_BODY_BYTES) return;
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
