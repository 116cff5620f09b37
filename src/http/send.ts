import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
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

/** Milliseconds in which a client that was refused may let us wait for more, and send in all. */
const STALL = 1000;
const PATIENCE = 10_000;

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

/** Answers a request that is refused on the level of HTTP: one sentence as text. */
export function sendRefusal(reply: FastifyReply, { status, reason, headers }: HttpRefusal): FastifyReply {
  const { raw: request } = reply.request;
  const text = Buffer.from(`${reason}\n`);
  for (const [name, value] of Object.entries(headers)) reply.header(name, value);
  reply.code(status).header('content-type', 'text/plain; charset=utf-8').header('content-length', text.length);
  const isEarly = headers.connection === 'close' && !request.complete;
  return reply.send(isEarly ? Readable.from(beforeHearingOut(text, request), { objectMode: false }) : text);
}

/**
 * The answer to a client that is still sending, whose end, when the connection is closed, comes after all that it sends:
 * if it were closed before, the client would be told of a reset instead of the answer.
 */
async function* beforeHearingOut(answer: Buffer, request: IncomingMessage): AsyncGenerator<Buffer> {
  yield answer;
  let stalled: NodeJS.Timeout | undefined;
  let late: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve) => {
    stalled = setTimeout(resolve, STALL);
    late = setTimeout(resolve, PATIENCE);
    request.on('data', () => stalled?.refresh());
    request.once('end', resolve).once('close', resolve).resume();
  });
  clearTimeout(stalled);
  clearTimeout(late);
}
