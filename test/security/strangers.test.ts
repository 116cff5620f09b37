/** A request without a login costs little, whatever its headers hold, and delays no other client. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authorization, nonceOf } from '../support/digest-answer.js';
import { send } from '../support/digest-client.js';
import { envelope, readAnswer } from '../support/message.js';
import { RawConnection } from '../support/raw-http.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';
import { runs } from '../support/runs.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    settings: { SPPP_METRICS_PORT: '0', SPPP_DATABASE_CONNECTIONS: '6', SPPP_TRUSTED_PROXIES: '127.0.0.1' },
  });
});
afterAll(() => server.close());

const MAX_MS = 100;

/**
 * Milliseconds of processor time of this process, server and client, that a request takes: of some tries the least, since
 * others at work in the process are counted too.
 */
async function costOf(bytes: string): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let n = 0; n < 5 && least >= MAX_MS; n++) {
    const connection = await RawConnection.open(server.url);
    const before = process.cpuUsage();
    connection.write(bytes);
    await connection.answer();
    const { user, system } = process.cpuUsage(before);
    connection.close();
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

const headers = [
  ...['Accept-Encoding', 'Accept', 'Content-Type', 'Content-Encoding', 'SOAPAction', 'Expect', 'Cookie', 'User-Agent'],
  ...['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'traceparent', 'tracestate'],
  ...['If-None-Match', 'Connection', 'Upgrade', 'Transfer-Encoding', 'Host', 'Authorization', 'Range', 'Via', 'TE'],
];

describe('one request takes less than 100 ms of the server', () => {
  /** Texts that patterns with two repeats that meet take long for, as long as headers may be. */
  const texts: readonly [name: string, text: string][] = [
    ['blanks', `a${' '.repeat(15_000)}!`],
    ['tabs', `a${'\t'.repeat(15_000)}!`],
    ['commas', `${','.repeat(15_000)}!`],
    ['commas and blanks', `${', '.repeat(7500)}!`],
    ['semicolons', `a${';'.repeat(15_000)}!`],
    ['semicolons and blanks', `a${'; '.repeat(7500)}!`],
    ['quotes', `${'"'.repeat(15_000)}!`],
    ['an open quote', `"${'a'.repeat(15_000)}`],
    ['backslashes', `"${'\\'.repeat(15_001)}"`],
    ['percent signs', `${'%'.repeat(15_000)}!`],
    ['slashes', `${'/'.repeat(15_000)}!`],
    ['colons', `${':'.repeat(15_000)}!`],
    ['dots', `${'.'.repeat(15_000)}!`],
    ['zeros', `${'0'.repeat(15_000)}!`],
    ['hyphens', `00-${'0'.repeat(32)}-${'-'.repeat(14_000)}!`],
    ['parameters', 'a=b,'.repeat(3750)],
    ['weights', 'gzip;q=0,'.repeat(1600)],
    ['a name of one', 'a'.repeat(15_000)],
    ['addresses of proxies', '127.0.0.1, '.repeat(1300)],
    ['addresses that are none', '::1%a, '.repeat(2000)],
  ];
  it.each(headers)('with any text in its header %s', async (name) => {
    const host = name === 'Host' ? '' : 'Host: a.example\r\n';
    for (const [what, text] of texts) {
      for (const start of ['GET /sppp?wsdl', 'POST /sppp', 'GET /lookup/%2B1']) {
        const cost = await costOf(`${start} HTTP/1.1\r\n${host}${name}: ${text}\r\n\r\n`);
        expect(cost, `${start} with ${what}`).toBeLessThan(MAX_MS);
      }
    }
  });

  it('with any text in its Digest response', async () => {
    const challenge = await send(`${server.url}/sppp`, { method: 'POST', headers: {}, body: '' });
    const good = authorization({ nonce: nonceOf(challenge), nc: '00000001' });
    const parts = ['username', 'realm', 'nonce', 'uri', 'response', 'algorithm', 'cnonce', 'qop', 'nc', 'opaque'];
    for (const part of parts) {
      for (const [what, text] of texts) {
        const quoted = `${part}="${text.replaceAll(/["\\]/g, '\\$&').slice(0, 14_000)}"`;
        const others = good
          .replace(/^Digest /, '')
          .split(', ')
          .filter((each) => !each.startsWith(`${part}=`));
        const header = `Authorization: Digest ${[...others, quoted].join(', ')}`;
        const cost = await costOf(`POST /sppp HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n${header}\r\n\r\n`);
        expect(cost, `${part} with ${what}`).toBeLessThan(MAX_MS);
      }
    }
  });

  it.each([
    ['many headers', `GET /health HTTP/1.1\r\nHost: a\r\n${'a: b\r\n'.repeat(1900)}\r\n`],
    ['many headers of the same name', `GET /health HTTP/1.1\r\nHost: a\r\n${'Accept: b\r\n'.repeat(1000)}\r\n`],
    ['many cookies', `GET /health HTTP/1.1\r\nHost: a\r\nCookie: ${'a=b; '.repeat(3000)}\r\n\r\n`],
    ['a long path', `GET /${'a'.repeat(15_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['a path of slashes', `GET ${'/'.repeat(15_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['a path of percent signs', `GET /lookup/${'%25'.repeat(5000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['a path of broken escapes', `GET /lookup/${'%'.repeat(15_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['a long query', `GET /sppp?${'a&'.repeat(7500)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['a query of one name', `GET /lookup/1?${'a[]=1&'.repeat(2500)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['a query of question marks', `GET /sppp${'?'.repeat(15_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['a parameter that is long', `GET /transaction/${'0'.repeat(15_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['an absolute target', `GET http://${'a'.repeat(15_000)}/health HTTP/1.1\r\nHost: a\r\n\r\n`],
  ])('with %s', async (_, bytes) => {
    expect(await costOf(bytes)).toBeLessThan(MAX_MS);
  });
});

describe('random requests', () => {
  const bit = fc.oneof(
    fc.constantFrom(
      ' ',
      '\t',
      ',',
      ';',
      '=',
      '"',
      '\\',
      '%',
      '%00',
      '%ff',
      '/',
      '?',
      '#',
      ':',
      '::1',
      '127.0.0.1',
      '[',
      ']',
      '@',
    ),
    fc.constantFrom(
      'gzip',
      'q=0',
      'Digest ',
      'Basic ',
      'username=',
      'username*=',
      "UTF-8''",
      'nonce=',
      'uri=',
      'nc=',
      '*',
    ),
    fc.constantFrom(
      '\x00',
      '\x01',
      '\x7f',
      '\xff',
      '\r',
      '00-',
      '0'.repeat(32),
      '100-continue',
      'chunked',
      'http://',
      '..',
    ),
    fc.string({ maxLength: 5 }).map((text) => text.replaceAll('\n', '')),
  );
  const text = fc.array(bit, { maxLength: 12 }).map((bits) => bits.join(''));
  const path = fc.oneof(
    fc.constantFrom(
      '/',
      '/sppp',
      '/sppp/',
      '/sppp/partial',
      '/health',
      '/about',
      '/openapi.json',
      '/feed',
      '/transaction',
    ),
    fc
      .tuple(fc.constantFrom('/lookup/', '/transaction/', '/sppp?', '/lookup/1?', '/feed?', '/', ''), text)
      .map(([a, b]) => a + b),
  );
  const name = fc.constantFrom(...headers, 'Content-Length', 'If-Match', 'Origin', 'X');
  const made = fc.record({
    method: fc.constantFrom(
      'GET',
      'POST',
      'HEAD',
      'PUT',
      'OPTIONS',
      'TRACE',
      'PROPFIND',
      'QUERY',
      'CONNECT',
      'PRI',
      'get',
      '',
    ),
    path,
    lines: fc.array(fc.tuple(name, text), { maxLength: 6 }),
    host: fc.constantFrom('Host: a\r\n', 'Host: a\r\n', 'Host: a\r\n', ''),
  });

  it('are answered, or their connection is closed, and none causes a server error', async () => {
    const seen = new Set<number>();
    const ask = async ({ method, path, lines, host }: typeof made extends fc.Arbitrary<infer T> ? T : never) => {
      const connection = await RawConnection.open(server.url);
      const lined = lines.map(([header, value]) => `${header}: ${value}\r\n`).join('');
      connection.write(Buffer.from(`${method} ${path} HTTP/1.1\r\n${host}${lined}\r\n`, 'latin1'));
      connection.end();
      const status = await connection.status();
      connection.close();
      if (status !== undefined) seen.add(status);
      expect(status ?? 400, `${method} ${path} ${lined}`).toBeLessThan(500);
    };
    await fc.assert(fc.asyncProperty(made, ask), runs(600));
    for (const status of [200, 400, 401, 404, 405]) expect([...seen]).toContain(status);
    expect((await send(`${server.url}/health`)).status).toBe(200);
  });
});

describe('unknown user names', () => {
  it.each(['%00', '%22', 'a%3Ab', '%0A'])('are refused without a server error when they hold %s', async (encoded) => {
    const challenge = await send(`${server.url}/sppp`, { method: 'POST', headers: {}, body: '' });
    const good = authorization({ nonce: nonceOf(challenge), nc: '00000001' });
    const header = good.replace(/username="[^"]*"/, `username*=UTF-8''${encoded}`);
    expect(header).toContain('username*');
    const { status } = await send(`${server.url}/sppp`, {
      method: 'POST',
      headers: { authorization: header, 'content-type': 'text/xml' },
      body: '',
    });
    expect(status).toBe(401);
  });
});

describe('requests for /health', () => {
  it('are answered while every connection to the database is in use, and use none of them', async () => {
    const { pool } = server.deps.database;
    const taken = await Promise.all(Array.from({ length: 5 }, () => pool.connect())); // The sixth listens for changes.
    let asked = 0;
    const count = () => {
      asked += 1;
    };
    pool.on('acquire', count);
    try {
      const answers = await Promise.all(Array.from({ length: 200 }, () => send(`${server.url}/health`)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect(asked).toBe(0);
      expect(pool.waitingCount).toBeLessThan(10); // What the node does by itself waits.
    } finally {
      pool.off('acquire', count);
      for (const client of taken) client.release();
    }
    expect(readAnswer((await server.post(envelope('<s:spppServerStatusRequest/>'), { as: 'ssp3' })).text).code).toBe(
      1000,
    );
  });

  it('ask the database at intervals, however many there are', async () => {
    const one = server.deps.health.isThere();
    expect(server.deps.health.isThere()).toBe(one);
    expect(await one).toBe(true);
  });

  it('have a rate of their own', async () => {
    const slow = await startServer({ settings: { SPPP_RATE_HEALTH: '2/60', SPPP_RATE_ADDRESS_REQUESTS: '4/60' } });
    try {
      const statuses: number[] = [];
      for (let n = 0; n < 3; n++) statuses.push((await send(`${slow.url}/health`)).status);
      for (let n = 0; n < 5; n++) statuses.push((await send(`${slow.url}/about`)).status);
      expect(statuses).toEqual([200, 200, 429, 200, 200, 200, 200, 429]);
      // Those of load balancers have none.
      for (const path of ['live', 'write', 'lookup']) {
        for (let n = 0; n < 5; n++) expect((await send(`${slow.url}/health/${path}`)).status).toBe(200);
      }
      expect(await slow.sql('SELECT FROM sppp.transaction')).toEqual([]);
    } finally {
      await slow.close();
    }
  });
});

describe('the port of the metrics', () => {
  it('is not blocked by silent connections, however many there are', async () => {
    const { hostname, port } = new URL(server.metricsUrl ?? '');
    const silent: Socket[] = [];
    for (let n = 0; n < 50; n++) {
      const socket = connect(Number(port), hostname).on('error', () => {});
      await once(socket, 'connect');
      if (n % 2 === 1) socket.write('GET /metrics HTTP/1.1\r\nX-Slow: ');
      silent.push(socket);
    }
    try {
      for (let n = 0; n < 3; n++) {
        const { status, text } = await send(server.metricsUrl ?? '', { headers: { connection: 'close' } });
        expect(status).toBe(200);
        expect(text).toContain('sppp_http_connections');
      }
    } finally {
      for (const socket of silent) socket.destroy();
    }
  });

  it.each(['POST', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'])('has no %s', async (method) => {
    const { status, headers } = await send(server.metricsUrl ?? '', { method });
    expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: 'GET, HEAD' });
  });
});
