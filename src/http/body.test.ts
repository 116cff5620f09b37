import { createServer, request, type Server } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { createGzip, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BodyHeaders, bodyCoding, readBody } from './body.js';
import { HttpRefusedError } from './http-refused.js';

const MB = 1024 * 1024;
const limits = { wireBytes: MB, plainBytes: 2 * MB };
const gzip: BodyHeaders = { 'content-encoding': 'gzip' };

const streamOf = (...chunks: Uint8Array[]): Readable => Readable.from(chunks);

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function refusalOf(read: () => Promise<unknown>): Promise<HttpRefusedError> {
  const error = await read().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof HttpRefusedError) return error;
  throw new Error(`no refusal but ${String(error)}`);
}

describe('bodyCoding', () => {
  it.each([
    [undefined, 'identity'],
    ['', 'identity'],
    ['Identity', 'identity'],
    [' GZIP ', 'gzip'],
    ['x-gzip', 'gzip'],
  ])('reads Content-Encoding %j as %s', (encoding, coding) => {
    expect(bodyCoding({ 'content-encoding': encoding }, limits)).toBe(coding);
  });

  it.each(['deflate', 'br', 'gzip, gzip', 'identity, gzip', 'gzip;q=1', 'compress'])(
    'refuses %s with 415',
    async (encoding) => {
      const refusal = await refusalOf(async () => bodyCoding({ 'content-encoding': encoding }, limits));
      expect(refusal.status).toBe(415);
      expect(refusal.headers).toEqual({ 'accept-encoding': 'gzip, identity', connection: 'close' });
    },
  );

  it('refuses a declared length over the wire limit, and not one at it', async () => {
    expect(bodyCoding({ 'content-length': String(MB) }, limits)).toBe('identity');
    const refusal = await refusalOf(async () => bodyCoding({ 'content-length': String(MB + 1) }, limits));
    expect(refusal).toMatchObject({ status: 413, headers: { connection: 'close' } });
    expect(refusal.reason).toBe('The request body is larger than 1048576 bytes (limit wireBytes).');
  });
});

describe('readBody', () => {
  it('returns the bytes that were sent, plain or gzip, however they were split', async () => {
    const parts = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(parts, fc.integer({ min: 1, max: 50 }), async (chunks, size) => {
        const sent = Buffer.concat(chunks);
        expect(await bytesOf(readBody(streamOf(...chunks), {}, limits))).toEqual(sent);
        const zipped = gzipSync(sent);
        const cut = Array.from({ length: Math.ceil(zipped.length / size) }, (_, i) =>
          zipped.subarray(i * size, (i + 1) * size),
        );
        expect(await bytesOf(readBody(streamOf(...cut), gzip, limits))).toEqual(sent);
      }),
    );
  });

  it('reads gzip of several members', async () => {
    const zipped = Buffer.concat([gzipSync('<a>'), gzipSync('</a>')]);
    expect(String(await bytesOf(readBody(streamOf(zipped), gzip, limits)))).toBe('<a></a>');
  });

  it('reads a body of exactly the limit and refuses a byte more', async () => {
    const half = Buffer.alloc(MB / 2, 'x');
    expect(await bytesOf(readBody(streamOf(half, half), {}, limits))).toHaveLength(MB);
    const refusal = await refusalOf(() => bytesOf(readBody(streamOf(half, half, Buffer.from('x')), {}, limits)));
    expect(refusal).toMatchObject({ status: 413, headers: { connection: 'close' } });
    expect(refusal.reason).toContain('wireBytes');
  });

  it('reads gzip that inflates to exactly the limit and refuses one byte more', async () => {
    const full = Buffer.alloc(2 * MB, 'x');
    expect(await bytesOf(readBody(streamOf(gzipSync(full)), gzip, limits))).toHaveLength(2 * MB);
    const more = gzipSync(Buffer.concat([full, Buffer.from('x')]));
    const refusal = await refusalOf(() => bytesOf(readBody(streamOf(more), gzip, limits)));
    expect(refusal.status).toBe(413);
    expect(refusal.reason).toBe('The request body, inflated, is larger than 2097152 bytes (limit plainBytes).');
  });

  it('counts gzip on the wire too', async () => {
    const zipped = gzipSync(Buffer.alloc(1000, 'x'));
    const tight = { wireBytes: zipped.length - 1, plainBytes: MB };
    const refusal = await refusalOf(() => bytesOf(readBody(streamOf(zipped), gzip, tight)));
    expect(refusal).toMatchObject({ status: 413, reason: expect.stringContaining('wireBytes') });
  });

  it('stops a gzip bomb while it inflates', async () => {
    let taken = 0;
    const bomb = gzipSync(Buffer.alloc(200 * MB));
    let given = 0;
    const chunks = Array.from({ length: Math.ceil(bomb.length / 1024) }, (_, i) =>
      bomb.subarray(i * 1024, (i + 1) * 1024),
    );
    const source = Readable.from(
      (function* () {
        for (const chunk of chunks) {
          given += 1;
          yield chunk;
        }
      })(),
      { highWaterMark: 1 },
    );
    const refusal = await refusalOf(async () => {
      for await (const chunk of readBody(source, gzip, limits)) taken += chunk.length;
    });
    expect(refusal.status).toBe(413);
    expect(taken).toBeLessThanOrEqual(2 * MB);
    expect(given).toBeLessThan(chunks.length / 2);
  });

  it.each([
    ['cut in its header', gzipSync('<a/>').subarray(0, 5)],
    ['cut in its data', gzipSync('<a/>').subarray(0, -9)],
    ['cut in its trailer', gzipSync('<a/>').subarray(0, -1)],
    ['empty', Buffer.alloc(0)],
    ['no gzip', Buffer.from('<a/>')],
    ['of a wrong checksum', Buffer.concat([gzipSync('<a/>').subarray(0, -8), Buffer.alloc(8, 7)])],
    ['followed by text', Buffer.concat([gzipSync('<a/>'), Buffer.from('<b/>')])],
    ['followed by a zero', Buffer.concat([gzipSync('<a/>'), Buffer.alloc(1)])],
    ['followed by half a member', Buffer.concat([gzipSync('<a/>'), gzipSync('<b/>').subarray(0, 1)])],
  ])('refuses gzip that is %s, in one piece and byte by byte', async (_, bytes) => {
    for (const chunks of [[bytes], [...bytes].map((byte) => Uint8Array.of(byte))]) {
      const refusal = await refusalOf(() => bytesOf(readBody(streamOf(...chunks), gzip, limits)));
      expect(refusal).toMatchObject({ status: 400, headers: { connection: 'close' } });
    }
  });

  it.each<[string, BodyHeaders, Buffer]>([
    ['too long', {}, Buffer.alloc(MB + 1)],
    ['inflated too long', gzip, gzipSync(Buffer.alloc(3 * MB))],
    ['damaged', gzip, Buffer.from('<a/>')],
  ])('does not destroy a request whose body is %s, so that it can be answered', async (_, headers, bytes) => {
    const source = new Readable({ read: () => {} });
    source.push(bytes);
    await refusalOf(() => bytesOf(readBody(source, headers, limits)));
    source.push('more');
    await new Promise((later) => setTimeout(later, 20));
    expect(source.destroyed).toBe(false);
  });

  it('reads no more from the wire than its reader asks for', async () => {
    let given = 0;
    const source = Readable.from(
      (function* () {
        for (; given < 1000; given++) yield Buffer.alloc(1024);
      })(),
      { highWaterMark: 1 },
    );
    for await (const chunk of readBody(source, {}, limits)) {
      expect(chunk).toHaveLength(1024);
      break;
    }
    await new Promise((later) => setTimeout(later, 20));
    expect(given).toBeLessThan(10);
  });

  it('inflates no faster than its reader reads', async () => {
    const body = readBody(streamOf(gzipSync(Buffer.alloc(200 * MB))), gzip, { ...limits, plainBytes: 300 * MB });
    const before = process.memoryUsage().arrayBuffers;
    for await (const _ of body) {
      await new Promise((later) => setTimeout(later, 100));
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10 * MB);
      break;
    }
  });
});

describe('a server that reads bodies', () => {
  let server: Server;
  let port: number;
  let outcome: Promise<unknown>;

  beforeEach(async () => {
    let settle: (value: unknown) => void = () => {};
    outcome = new Promise((resolve) => {
      settle = resolve;
    });
    server = createServer(async (asked, answer) => {
      try {
        const bytes = await bytesOf(readBody(asked, asked.headers, limits));
        answer.end(String(bytes.length));
        settle(bytes.length);
      } catch (error) {
        settle(error);
        if (!(error instanceof HttpRefusedError)) return;
        for (const [name, value] of Object.entries(error.headers)) answer.setHeader(name, value);
        answer.writeHead(error.status).end(error.reason);
      }
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const bound = server.address();
    port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  function post(headers: Record<string, string>, body: Readable): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const asked = request({ port, host: '127.0.0.1', method: 'POST', headers }, async (answer) => {
        resolve({ status: answer.statusCode ?? 0, text: String(await bytesOf(answer)) });
      });
      asked.on('error', reject);
      body.pipe(asked);
    });
  }

  it('reads plain and gzip bodies', async () => {
    expect(await post({}, streamOf(Buffer.alloc(MB)))).toEqual({ status: 200, text: String(MB) });
    const zipped = streamOf(Buffer.alloc(2 * MB)).pipe(createGzip());
    expect(await post({ 'content-encoding': 'gzip' }, zipped)).toEqual({ status: 200, text: String(2 * MB) });
  });

  it('can still answer a body that it refused half-way', async () => {
    const long = await post({}, streamOf(Buffer.alloc(MB), Buffer.alloc(1)));
    expect(long).toMatchObject({ status: 413, text: expect.stringContaining('wireBytes') });
    const bomb = await post({ 'content-encoding': 'gzip' }, streamOf(gzipSync(Buffer.alloc(200 * MB))));
    expect(bomb).toMatchObject({ status: 413, text: expect.stringContaining('plainBytes') });
    const damaged = await post({ 'content-encoding': 'gzip' }, streamOf(Buffer.from('<a/>')));
    expect(damaged.status).toBe(400);
  });

  it.each([{}, gzip])('fails, and does not end, when the connection is cut in the middle (%j)', async (headers) => {
    const body = gzipSync(Buffer.alloc(MB, 'x'));
    const encoding = headers['content-encoding'] === undefined ? '' : 'Content-Encoding: gzip\r\n';
    const socket = connect(port, '127.0.0.1');
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\n${encoding}Content-Length: ${body.length}\r\n\r\n`);
    socket.write(body.subarray(0, 100), () => setTimeout(() => socket.destroy(), 20));
    const error = await outcome;
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(HttpRefusedError);
  });
});

describe('a body that stalls', () => {
  it('is refused with 408 if no byte arrives in time', async () => {
    const stalled = new Readable({ read: () => undefined });
    stalled.push('the beginning');
    const body = readBody(stalled, {}, { ...limits, stallTimeout: 50 });
    const refusal = await refusalOf(() => bytesOf(body));
    expect(refusal.status).toBe(408);
    expect(refusal.headers).toEqual({ connection: 'close' });
  });

  it('does not count as stalled if the server reads it slowly', async () => {
    const body = readBody(streamOf(Buffer.from('a'), Buffer.from('b')), {}, { ...limits, stallTimeout: 50 });
    const chunks: string[] = [];
    for await (const chunk of body) {
      chunks.push(Buffer.from(chunk).toString());
      await new Promise((resolve) => setTimeout(resolve, 80));
    }
    expect(chunks).toEqual(['a', 'b']);
  });
});
