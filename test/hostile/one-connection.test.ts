/** Misuse of one connection: stray bytes, bodies that the server does not read, many requests at once. */

import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DigestClient, send } from '../support/digest-client.js';
import { addRequest, delRequest, destGrp, getRequest, objKey, readAnswer } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const GROUPS = 3000;
const names = Array.from({ length: GROUPS }, (_, n) => `LONG_ANSWER_GROUP_${n}`);

let server: TestServer;
const client = new DigestClient({ username: 'ssp2r', password: 'ssp2r' });
const open: Socket[] = [];

beforeAll(async () => {
  server = await startServer();
  await client.send(`${server.url}/sppp`, { method: 'POST', headers: { 'content-type': 'text/xml' }, body: '<a/>' });
  expect(readAnswer((await server.post(addRequest(...names.map((name) => destGrp(name))))).text).code).toBe(1000);
});
afterAll(() => server.close());
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});

/** A connection that stores all bytes that it gets, and keeps its own side open. */
class Bare {
  readonly socket: Socket;
  received = Buffer.alloc(0);
  readonly ended: Promise<void>;
  error: NodeJS.ErrnoException | undefined;

  constructor() {
    const { hostname, port } = new URL(server.url);
    this.socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    open.push(this.socket);
    this.socket.on('data', (bytes: Buffer) => {
      this.received = Buffer.concat([this.received, bytes]);
    });
    this.socket.on('error', (error) => {
      this.error = error;
    });
    this.ended = new Promise((resolve) => {
      this.socket.once('end', resolve).once('close', () => resolve());
    });
  }

  /** The whole answers so far; throws for other bytes between or after them. */
  answers(): { status: number; headers: Record<string, string>; body: Buffer }[] {
    const answers = [];
    let rest = this.received;
    while (rest.length > 0) {
      const end = rest.indexOf('\r\n\r\n');
      const [start = '', ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n');
      expect(start).toMatch(/^HTTP\/1\.1 \d{3} /);
      const headers = Object.fromEntries(
        lines.map((line) => [line.replace(/:.*/, '').toLowerCase(), line.replace(/^[^:]*: */, '')]),
      );
      rest = rest.subarray(end + 4);
      let body = Buffer.alloc(0);
      if (headers['transfer-encoding'] === 'chunked') {
        for (let size = -1; size !== 0; ) {
          const line = rest.indexOf('\r\n');
          expect(rest.subarray(0, line).toString('latin1')).toMatch(/^[0-9a-f]+$/);
          size = Number.parseInt(rest.subarray(0, line).toString('latin1'), 16);
          body = Buffer.concat([body, rest.subarray(line + 2, line + 2 + size)]);
          expect(rest.subarray(line + 2 + size, line + 4 + size).toString('latin1')).toBe('\r\n');
          rest = rest.subarray(line + 4 + size);
        }
      } else {
        const length = Number(headers['content-length'] ?? 0);
        expect(rest.length).toBeGreaterThanOrEqual(length);
        body = rest.subarray(0, length);
        rest = rest.subarray(length);
      }
      answers.push({ status: Number(start.split(' ')[1]), headers, body });
    }
    return answers;
  }
}

function post(body: string, headers: Record<string, string> = {}): string {
  const all = {
    Host: 'registry.example',
    'Content-Type': 'text/xml',
    'Content-Length': String(Buffer.byteLength(body)),
    Authorization: client.authorization(`${server.url}/sppp`, 'POST'),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST /sppp HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

describe('a stray byte after a body', () => {
  const bytes: [string, string][] = [
    ['a NUL', '\0'],
    ['a blank', ' '],
    ['a letter', 'x'],
    ['a letter that begins a method', 'P'],
    ['a request that is none', 'POST /sppp\0HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['headers too long', `GET / HTTP/1.1\r\nX: ${'y'.repeat(40_000)}\r\n\r\n`],
    ['a chunk that is none', 'POST /sppp HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ];
  // Milliseconds to wait before it is sent; -1: in the same segment.
  const cases = bytes.flatMap(([what, stray]) => [-1, 0, 20].map((wait) => [what, wait, stray] as const));

  it.each(cases)('%s, %i ms later, leaves the answer whole, and the connection ends', async (_, wait, stray) => {
    const connection = new Bare();
    const body = addRequest(destGrp('STRAY'));
    if (wait < 0) connection.socket.write(post(body) + stray, 'latin1');
    else {
      connection.socket.write(post(body));
      await delay(wait);
      connection.socket.write(stray, 'latin1');
    }
    if (stray === 'P') {
      // It may become a request yet: the client ends.
      await expect.poll(() => connection.received.length, { timeout: 10_000 }).toBeGreaterThan(0);
    } else await connection.ended;
    const [first, ...more] = connection.answers();
    expect(first?.status).toBe(200);
    expect(readAnswer(String(first?.body)).code).toBe(1000);
    expect(more.map(({ status }) => status).filter((status) => ![400, 401, 404, 405, 431].includes(status))).toEqual(
      [],
    );
    expect(readAnswer((await server.post(delRequest(objKey('DestGrp', 'STRAY')))).text).code).toBe(1000);
  });

  it('gets no answer of its own', async () => {
    for (const stray of ['\0', ' ', 'x']) {
      const connection = new Bare();
      connection.socket.write(post(getRequest(objKey('DestGrp', 'NONE_SUCH'))));
      await expect.poll(() => connection.received.length, { timeout: 10_000 }).toBeGreaterThan(0);
      await delay(20);
      connection.socket.write(stray);
      await connection.ended;
      expect(connection.answers()).toHaveLength(1);
    }
  });

  it.each([{}, { 'Accept-Encoding': 'gzip' }])('does not cut a long answer with %j', async (headers) => {
    for (const wait of [-1, 0, 10, 100]) {
      const connection = new Bare();
      const body = getRequest(...names.map((name) => objKey('DestGrp', name)));
      if (wait < 0) connection.socket.write(`${post(body, headers)}\0`);
      else {
        connection.socket.write(post(body, headers));
        await delay(wait);
        connection.socket.write('\0');
      }
      await connection.ended;
      const [answer, ...more] = connection.answers();
      expect(more).toEqual([]);
      const plain = 'Accept-Encoding' in headers ? gunzipSync(answer?.body ?? '') : answer?.body;
      expect(readAnswer(String(plain)).resultObjs).toHaveLength(GROUPS);
    }
  });

  it('does not stop the answers to earlier requests, in their order', async () => {
    const connection = new Bare();
    const one = post(addRequest(destGrp('IN_TURN')));
    const two = post(getRequest(objKey('DestGrp', 'IN_TURN')));
    const three = post(delRequest(objKey('DestGrp', 'IN_TURN')));
    connection.socket.write(`${one}${two}${three}\0`);
    await connection.ended;
    expect(connection.answers().map(({ body }) => readAnswer(String(body)).code)).toEqual([1000, 1000, 1000]);
  });
});

describe('a body that the server does not read', () => {
  const large = 'x'.repeat(1_100_000);

  it.each([
    ['401', { Authorization: '' }],
    ['415', { 'Content-Type': 'application/json' }],
    ['413', { 'Content-Length': '67108865' }],
  ])('is sent in spite of Expect: the client gets its %s', async (status, headers) => {
    for (const wait of [-1, 0, 5, 50]) {
      const connection = new Bare();
      const [head = '', body = ''] = post(large, { Expect: '100-continue', ...headers }).split(/(?<=\r\n\r\n)/);
      if (wait < 0) connection.socket.write(head + body);
      else {
        connection.socket.write(head);
        await delay(wait);
        connection.socket.write(body);
      }
      await connection.ended;
      connection.socket.end();
      expect(
        connection
          .answers()
          .map((answer) => answer.status)
          .filter((each) => each !== 100),
      ).toEqual([Number(status)]);
      expect(connection.error).toBeUndefined();
    }
  });

  it.each([{}, { Expect: '100-continue' }])(
    'but has come whole, with %j: the connection is kept after 401',
    async (headers) => {
      const connection = new Bare();
      connection.socket.write(post(addRequest(destGrp('KEPT')), { Authorization: '', ...headers }));
      await expect.poll(() => connection.received.includes('401 Unauthorized'), { timeout: 10_000 }).toBe(true);
      connection.socket.write(post(getRequest(objKey('DestGrp', 'KEPT'))));
      await expect.poll(() => connection.received.includes('HTTP/1.1 200'), { timeout: 10_000 }).toBe(true);
    },
  );

  it('is small and arrives a moment later: the connection is kept as well', async () => {
    const connection = new Bare();
    const [head = '', body = ''] = post(addRequest(destGrp('KEPT')), { Authorization: '' }).split(/(?<=\r\n\r\n)/);
    connection.socket.write(head);
    await delay(10);
    connection.socket.write(body + post(getRequest(objKey('DestGrp', 'KEPT'))));
    await expect.poll(() => connection.received.includes('HTTP/1.1 200'), { timeout: 10_000 }).toBe(true);
    expect(connection.answers().map(({ status }) => status)).toEqual([401, 200]);
  });

  it('does not arrive: the answer announces the end of the connection, which then ends', async () => {
    const connection = new Bare();
    connection.socket.write(post(large, { Authorization: '', 'Content-Length': '2000000' }).slice(0, 100_000));
    await connection.ended;
    expect(connection.answers().map(({ status, headers }) => [status, headers.connection])).toEqual([[401, 'close']]);
  });
});

describe('pipelined requests', () => {
  it('are started one after the other', async () => {
    const rival = await server.deps.database.pool.connect();
    try {
      await rival.query('BEGIN; LOCK TABLE sppp.destination_group IN SHARE MODE');
      const connection = new Bare();
      const key = objKey('DestGrp', 'SEEN_BY_THE_NEXT');
      connection.socket.write(post(addRequest(destGrp('SEEN_BY_THE_NEXT'))) + post(getRequest(key)));
      const blocked = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      await expect.poll(async () => (await server.sql(blocked)).length, { timeout: 10_000 }).toBeGreaterThan(0);
      await delay(50);
      await rival.query('COMMIT');
      await expect.poll(() => connection.received.toString().split('HTTP/1.1 200').length, { timeout: 10_000 }).toBe(3);
      await expect
        .poll(() => connection.received.toString(), { timeout: 10_000 })
        .toMatch(/<resultObj [\s\S]*Envelope>$/);
    } finally {
      rival.release(true);
    }
  });

  it('may be 200 on each of 20 connections: another client is served meanwhile, and each is answered', async () => {
    const challenges = Array.from({ length: 20 }, () => new Bare());
    for (const { socket } of challenges) socket.write('GET /about HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(200));
    const answered = () =>
      challenges.map(({ received }) => received.toString('latin1').split('HTTP/1.1 200').length - 1);
    const added = await server.post(addRequest(destGrp('NEIGHBOUR')));
    const atThatTime = answered().reduce((sum, each) => sum + each, 0);
    expect(readAnswer(added.text).code).toBe(1000);
    expect(atThatTime).toBeLessThan(2000);
    await expect.poll(answered, { timeout: 25_000 }).toEqual(Array(20).fill(200));
  });

  it('are limited: those over the limit are not started, and the connection ends after the other answers', async () => {
    const connection = new Bare();
    connection.socket.write('GET /health HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(1000));
    await connection.ended;
    expect(connection.answers().map(({ status }) => status)).toEqual(Array(257).fill(200));
    expect((await send(`${server.url}/health`)).status).toBe(200);
  });
});
