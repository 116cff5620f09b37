/** Claims of a client about itself in headers: the server trusts them from listed proxies only. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answering, authorization, nonceOf } from '../support/digest-answer.js';
import { type Received, send } from '../support/digest-client.js';
import { envelope } from '../support/message.js';
import { RawConnection } from '../support/raw-http.js';
import { startServer, type TestServer } from '../support/server.js';

const status = envelope('<s:spppServerStatusRequest/>');
const soap = { 'content-type': 'text/xml; charset=utf-8' };

let open: TestServer;
let behind: TestServer;

beforeAll(async () => {
  [open, behind] = await Promise.all([
    startServer(),
    startServer({ settings: { SPPP_TRUSTED_PROXIES: '127.0.0.0/8, 192.0.2.0/24 2001:db8::/32' } }),
  ]);
});
afterAll(() => Promise.all([open.close(), behind.close()]));

async function post(
  server: TestServer,
  headers: Record<string, string>,
  wrong: Partial<Answering> = {},
): Promise<Received> {
  const challenge = await send(`${server.url}/sppp`, { method: 'POST', headers: soap, body: '' });
  const login = authorization({ nonce: nonceOf(challenge), ...wrong });
  return send(`${server.url}/sppp`, {
    method: 'POST',
    headers: { ...soap, ...headers, authorization: login },
    body: status,
  });
}

async function addressOf(server: TestServer, headers: Record<string, string>): Promise<unknown> {
  expect((await post(server, headers)).status).toBe(200);
  const [row] = await server.sql(
    'SELECT host(remote_address) AS address FROM sppp_api.transaction ORDER BY received_at DESC LIMIT 1',
  );
  return row?.address;
}

const claims: Record<string, string> = {
  'x-forwarded-for': '198.51.100.7',
  'x-real-ip': '198.51.100.7',
  forwarded: 'for=198.51.100.7',
  'client-ip': '198.51.100.7',
  'true-client-ip': '198.51.100.7',
  'cf-connecting-ip': '198.51.100.7',
};

describe('the address of a client', () => {
  it('without listed proxies is that of the connection, whatever the headers', async () => {
    expect(await addressOf(open, claims)).toBe('127.0.0.1');
  });

  it.each([
    ['198.51.100.7', '198.51.100.7'],
    ['203.0.113.99, 198.51.100.7', '198.51.100.7'],
    ['198.51.100.7, 192.0.2.10', '198.51.100.7'],
    ['10.1.1.1, 198.51.100.7, 192.0.2.10, 127.0.0.3', '198.51.100.7'],
    ['2001:db8::1', '2001:db8::1'],
    ['198.51.100.7, 2001:db8::1', '198.51.100.7'],
  ])('behind a listed proxy is the last one that is not a listed proxy itself: %s', async (forwarded, address) => {
    expect(await addressOf(behind, { 'x-forwarded-for': forwarded })).toBe(address);
  });

  it.each(['unknown', '_hidden', '', "'; DROP TABLE", '198.51.100.7:4711', '::1%lo', '999.1.1.1', 'x'.repeat(50)])(
    'that a listed proxy passes on and that is none (%s) spoils nothing',
    async (forwarded) => {
      expect(['127.0.0.1', '::1', '198.51.100.7']).toContain(await addressOf(behind, { 'x-forwarded-for': forwarded }));
    },
  );

  it('comes from one header only', async () => {
    const { 'x-forwarded-for': _, ...others } = claims;
    expect(await addressOf(behind, others)).toBe('127.0.0.1');
  });

  it('cannot be changed to continue guessing', async () => {
    const guess = (server: TestServer, n: number) =>
      post(server, { 'x-forwarded-for': `198.51.100.${n}` }, { username: 'ssp3', password: 'guess' });
    const codes: number[] = [];
    for (let n = 1; n <= 12; n++) codes.push((await guess(open, n)).status);
    expect(codes).toEqual([...Array(10).fill(401), 429, 429]);
    // The server distinguishes the clients of a listed proxy, and counts ten guesses for each.
    for (let n = 1; n <= 12; n++) expect((await guess(behind, n)).status).toBe(401);
  });
});

describe('the scheme of a client', () => {
  const address = async (server: TestServer, headers: Record<string, string>) => {
    const { text } = await send(`${server.url}/sppp?wsdl`, { headers: { host: 'registry.example', ...headers } });
    return /location="([^"]*)"/.exec(text)?.[1];
  };

  it('is https if a listed proxy says so, and only then', async () => {
    expect(await address(behind, { 'x-forwarded-proto': 'https' })).toBe('https://registry.example/sppp');
    expect(await address(open, { 'x-forwarded-proto': 'https' })).toBe('http://registry.example/sppp');
  });

  it.each(['javascript', 'https://evil.example/', '"><x', 'HTTPS', ''])(
    'is not taken from an invalid header: %s',
    async (scheme) => {
      expect(await address(behind, { 'x-forwarded-proto': scheme })).toBe('http://registry.example/sppp');
    },
  );

  it('and no header changes the host', async () => {
    const moved = { 'x-forwarded-host': 'evil.example', 'x-original-url': '/health', 'x-rewrite-url': '/health' };
    expect(await address(behind, moved)).toBe('http://registry.example/sppp');
  });
});

describe('headers that smuggle', () => {
  /** The answers to these bytes, in order, until the server closes the connection. */
  async function answersTo(bytes: string): Promise<number[]> {
    const connection = await RawConnection.open(open.url);
    connection.write(bytes);
    const codes: number[] = [];
    try {
      for (;;) codes.push((await connection.answer()).status);
    } catch {
      return codes;
    }
  }
  const close = 'Connection: close\r\n';

  it('two Authorization lines are refused without trying either', async () => {
    const challenge = await send(`${open.url}/sppp`, { method: 'POST', headers: soap, body: '' });
    const good = `Authorization: ${authorization({ nonce: nonceOf(challenge) })}\r\n`;
    const bad = `Authorization: ${authorization({ nonce: nonceOf(challenge), password: 'x', nc: '00000002' })}\r\n`;
    const head = `POST /sppp HTTP/1.1\r\nHost: x\r\n${close}Content-Type: text/xml\r\nContent-Length: ${status.length}\r\n`;
    expect(await answersTo(`${head}${bad}${good}\r\n${status}`)).toEqual([400]);
    expect(await answersTo(`${head}${good}${bad}\r\n${status}`)).toEqual([400]);
  });

  it.each([
    ['a name with a space before its colon', 'Authorization : Digest x\r\n'],
    ['a name with a control character', 'Autho\x01rization: Digest x\r\n'],
    ['a value with a zero byte', 'X: a\0b\r\n'],
    ['a value with a bare carriage return', 'X: a\rAuthorization: b\r\n'],
    ['a transfer coding in disguise', 'Transfer-Encoding: xchunked\r\n'],
    ['chunked that is not the last coding', 'Transfer-Encoding: chunked, identity\r\n'],
    ['a length with a sign', 'Content-Length: +5\r\n'],
    ['a length in hex', 'Content-Length: 0x5\r\n'],
    ['a length beyond all bounds', 'Content-Length: 99999999999999999999999\r\n'],
  ])('%s: refused, and nothing after it is read as a request', async (_, line) => {
    const next = 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n';
    const codes = await answersTo(`POST /sppp HTTP/1.1\r\nHost: x\r\n${line}\r\n${next}${next}`);
    expect(codes.filter((code) => code === 200)).toEqual([]);
    expect(codes.length).toBeLessThanOrEqual(1);
  });

  it('the body of a request that was refused is not the next request', async () => {
    const inner = 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n';
    const head = `POST /sppp HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: ${inner.length}\r\n\r\n`;
    const last = `GET /about HTTP/1.1\r\nHost: x\r\n${close}\r\n`;
    const codes = await answersTo(head + inner + last);
    expect([[401], [401, 200]]).toContainEqual(codes);
    expect(codes.length).toBeLessThanOrEqual(2);
  });
});
