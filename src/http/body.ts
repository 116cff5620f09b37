import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { HttpRefusedError } from './http-refused.js';

export interface BodyLimits {
  /** Bytes on the wire. */
  readonly wireBytes: number;
  /** Bytes after gunzip. */
  readonly plainBytes: number;
  /** Milliseconds to wait for the next bytes; undefined: as long as the connection lasts. */
  readonly stallTimeout?: number;
}

export interface BodyHeaders {
  readonly 'content-encoding'?: string | undefined;
  readonly 'content-length'?: string | undefined;
}

export type BodyCoding = 'identity' | 'gzip';

/** Gets a copy of the bytes on the wire. */
export interface BodyListener {
  write(chunk: Uint8Array): Promise<unknown> | undefined;
  /** The body is complete. */
  end(): void;
}

/**
 * The content coding of a body, from its headers alone, before the client is asked for the body (Expect: 100-continue).
 *
 * @throws HttpRefusedError 415 for a coding other than gzip, 413 for a declared length over the wire limit
 */
export function bodyCoding(headers: BodyHeaders, limits: BodyLimits): BodyCoding {
  const coding = codingNamed((headers['content-encoding'] ?? '').trim().toLowerCase());
  if (coding === undefined) {
    // RFC 7694 §3: the answer says which codings are read.
    const accepted = { 'accept-encoding': 'gzip, identity' };
    throw refusal(415, 'The Content-Encoding is neither gzip nor identity.', accepted);
  }
  if (Number(headers['content-length'] ?? 0) > limits.wireBytes) throw tooLarge('wireBytes', limits);
  return coding;
}

/**
 * The bytes of a request body, inflated if it is gzip, read on demand and within the limits. Throws what bodyCoding throws.
 * The iteration throws HttpRefusedError 413 for a body over a limit, 400 for gzip that is damaged, cut short or followed by
 * further bytes, 408 for a body that stalls, and the stream's own error for a lost connection. A refusal does not destroy
 * the request, so that it can still be answered.
 */
export function readBody(
  request: Readable,
  headers: BodyHeaders,
  limits: BodyLimits,
  listener?: BodyListener,
): AsyncIterable<Uint8Array> {
  const coding = bodyCoding(headers, limits);
  const wire = { bytes: 0 };
  const received = wireBytes(request, wire, limits, listener);
  return plainBytes(coding === 'gzip' ? inflated(received, wire) : received, limits);
}

/** The bytes as they come over the wire, counted and handed to the listener. */
async function* wireBytes(
  request: Readable,
  wire: { bytes: number },
  limits: BodyLimits,
  listener: BodyListener | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
    wire.bytes += chunk.length;
    if (wire.bytes > limits.wireBytes) throw tooLarge('wireBytes', limits);
    await listener?.write(chunk);
    yield chunk;
  }
  listener?.end();
}

async function* inflated(chunks: AsyncIterable<Uint8Array>, wire: { bytes: number }): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  // What goes wrong in either stream reaches the reader of the last one; the callback has nothing to add.
  pipeline(chunks, gunzip, () => {});
  try {
    yield* gunzip;
  } catch (error) {
    throw isZlibError(error) ? damaged(error.message) : error;
  }
  // Zlib takes zeros after the last member for padding and says nothing.
  if (gunzip.bytesWritten !== wire.bytes) throw damaged('bytes follow its end');
}

/** The bytes of the message, counted. If the next ones do not come in time, the request is refused with 408. */
async function* plainBytes(chunks: AsyncGenerator<Uint8Array>, limits: BodyLimits): AsyncGenerator<Uint8Array> {
  const { stallTimeout } = limits;
  let bytes = 0;
  for (;;) {
    const next = await (stallTimeout === undefined ? chunks.next() : inTime(chunks.next(), stallTimeout));
    if (next.done) return;
    bytes += next.value.length;
    if (bytes > limits.plainBytes) throw tooLarge('plainBytes', limits);
    yield next.value;
  }
}

async function inTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(refusal(408, `No byte of the body arrived for ${milliseconds} ms.`)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function codingNamed(name: string): BodyCoding | undefined {
  if (name === '' || name === 'identity') return 'identity';
  // RFC 9110 §8.4.1.3: x-gzip is the old name.
  return name === 'gzip' || name === 'x-gzip' ? 'gzip' : undefined;
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}

function tooLarge(limit: 'wireBytes' | 'plainBytes', limits: BodyLimits): HttpRefusedError {
  const what = limit === 'wireBytes' ? 'The request body' : 'The request body, inflated,';
  return refusal(413, `${what} is larger than ${limits[limit]} bytes (limit ${limit}).`);
}

function damaged(fault: string): HttpRefusedError {
  return refusal(400, `The gzip of the request body cannot be read: ${fault}.`);
}

/** Closes the connection, so that the rest of a refused body is not taken for the next request. */
function refusal(status: number, reason: string, headers: Record<string, string> = {}): HttpRefusedError {
  return new HttpRefusedError(status, reason, { ...headers, connection: 'close' });
}
