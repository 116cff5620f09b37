/** HTTP and SOAP around the messages, where RFC 7878 §3 to §6 leave choices open. */

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { METHODS } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DigestClient, type Received, send } from '../support/digest-client.js';
import { addRequest, destGrp, envelope, getRequest, objKey, readAnswer, readFault } from '../support/message.js';
import { type RawAnswer, RawConnection } from '../support/raw-http.js';
import { type PostOptions, startServer, type TestServer } from '../support/server.js';

const status = '<s:spppServerStatusRequest/>';
const soap11 = { 'content-type': 'text/xml; charset=utf-8' };
const soap12 = { 'content-type': 'application/soap+xml; charset=utf-8' };
const chunked = 'transfer-encoding';

let server: TestServer;
/** Another server with low limits, and an address of its own in the WSDL. */
let small: TestServer;

beforeAll(async () => {
  [server, small] = await Promise.all([
    startServer(),
    startServer({
      settings: {
        SPPP_MAX_BODY_BYTES: '4096',
        SPPP_MAX_INFLATED_BYTES: '16384',
        SPPP_PUBLIC_URL: 'https://registry.example/peering',
        SPPP_DIGEST_MD5: 'off',
      },
    }),
  ]);
});
afterAll(() => Promise.all([server.close(), small.close()]));

describe('the WSDL', () => {
  it('is served without authentication, with absolute addresses made from the Host header', async () => {
    const {
      status: code,
      headers,
      text,
    } = await send(`${server.url}/sppp?wsdl`, { headers: { host: 'sppp.example:8443' } });
    expect(code).toBe(200);
    expect(headers).toMatchObject({ 'content-type': 'text/xml; charset=utf-8', 'x-content-type-options': 'nosniff' });
    expect(locations(text)).toEqual(['http://sppp.example:8443/sppp', 'http://sppp.example:8443/sppp']);
    expect(/schemaLocation="([^"]*)"/.exec(text)?.[1]).toBe('http://sppp.example:8443/sppp?xsd=sppfbase.xsd');
  });

  it('names a working address of its schema, when requested by the address of the listener', async () => {
    const { text } = await send(`${server.url}/sppp?WSDL`);
    const schema = await send(/schemaLocation="([^"]*)"/.exec(text)?.[1] ?? '');
    expect(schema.status).toBe(200);
    expect(schema.text).toContain('targetNamespace="urn:ietf:params:xml:ns:sppf:base:1"');
  });

  it.each(['/sppp/partial', '/sppp/validate'])('of %s, a processing mode, names its own address only', async (path) => {
    const { status: code, text } = await send(`${server.url}${path}?wsdl`);
    expect(code).toBe(200);
    expect(locations(text)).toEqual([server.url + path, server.url + path]);
    expect(await send(server.url + path, { method: 'PUT' })).toMatchObject({ status: 405 });
    expect(await send(server.url + path, { method: 'POST', headers: soap11 })).toMatchObject({ status: 401 });
    expect(codeOf(await server.post(envelope(status), { path }))).toBe(1000);
  });

  it('names the public URL if the operator has set one, whatever the Host', async () => {
    const { text } = await send(`${small.url}/sppp?wsdl`, { headers: { host: 'elsewhere.example' } });
    expect(locations(text)).toEqual(['https://registry.example/peering/sppp', 'https://registry.example/peering/sppp']);
  });

  it('is not affected by an invalid Host', async () => {
    const { text } = await send(`${server.url}/sppp?wsdl`, { headers: { host: "a'&b.example" } });
    expect(locations(text)).toEqual([`${server.url}/sppp`, `${server.url}/sppp`]);
  });

  it.each(['/sppp/?wsdl', '/sppp?singleWsdl', '/?wsdl', '/?singlewsdl', '/sppp?x=1&WSDL'])(
    'is at %s too',
    async (path) => {
      const { status: code, text } = await send(server.url + path);
      expect(code).toBe(200);
      expect(locations(text)).toEqual([`${server.url}/sppp`, `${server.url}/sppp`]);
    },
  );

  it('is one document if the client asks for that', async () => {
    const { text } = await send(`${server.url}/sppp/partial/?singleWsdl`);
    expect(locations(text)).toEqual(Array(2).fill(`${server.url}/sppp/partial`));
    expect(text).not.toContain('schemaLocation');
    expect(text).toContain('targetNamespace="urn:ietf:params:xml:ns:sppf:base:1"');
  });

  it.each(['/sppp?bindings', '/sppp/partial?bindings', '/?Bindings'])(
    'has names for JAXB beside it, at %s, whoever asks',
    async (path) => {
      const written = readFileSync(new URL('../../wsdl/sppp.xjb', import.meta.url), 'utf8');
      const { status: code, headers, text } = await send(server.url + path);
      expect({ code, type: headers['content-type'] }).toEqual({ code: 200, type: 'text/xml; charset=utf-8' });
      expect(text).toBe(written);
    },
  );

  it('is compressed for a client that asks for it', async () => {
    const { headers, text } = await send(`${server.url}/sppp?wsdl`, { headers: { 'accept-encoding': 'gzip' } });
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
    expect(locations(text)).toHaveLength(2);
  });

  it.each(['/sppp?xsd=other.xsd', '/sppp', '/elsewhere'])('is not at %s, which is 404', async (path) => {
    expect(await send(server.url + path)).toMatchObject({ status: 404 });
  });
});

it('messages are accepted at the address with a slash at its end', async () => {
  for (const { path } of [{ path: '/sppp/' }, { path: '/sppp/validate/' }]) {
    expect(codeOf(await server.post(envelope(status), { path }))).toBe(1000);
  }
});

it('the root lists the resources', async () => {
  const { status: code, headers, text } = await send(`${server.url}/`);
  expect({ code, type: headers['content-type'] }).toEqual({ code: 200, type: 'text/plain; charset=utf-8' });
  for (const path of [
    '/sppp?wsdl',
    '/sppp/partial',
    '/sppp/validate',
    '/lookup',
    '/openapi.json',
    '/operator/status',
    '/operator/webhooks',
    '/about',
    '/health',
    '/health/live',
    '/health/write',
    '/health/lookup',
  ]) {
    expect(text).toContain(path);
  }
});

it('the health is shown without authentication', async () => {
  expect(await send(`${server.url}/health`)).toMatchObject({ status: 200 });
});

describe('a request without credentials', () => {
  const post = { method: 'POST', headers: soap11, body: envelope(status) };

  it('is challenged twice, MD5 first for old toolkits and then SHA-256', async () => {
    const connection = await RawConnection.open(server.url);
    connection.writeHead('POST', '/sppp', { ...soap11, 'content-length': '0' });
    const { status: code, headers } = await connection.answer();
    connection.close();
    expect(code).toBe(401);
    const challenges = headers.get('www-authenticate')?.split('\n') ?? [];
    expect(challenges.map((challenge) => /algorithm=([\w-]+)/.exec(challenge)?.[1])).toEqual(['MD5', 'SHA-256']);
    for (const challenge of challenges) expect(challenge).toMatch(/realm="[^"]+".*qop="auth".*charset=UTF-8/);
  });

  it('is challenged for SHA-256 only if the operator has switched MD5 off', async () => {
    const { headers } = await send(`${small.url}/sppp`, post);
    expect(String(headers['www-authenticate']).match(/algorithm=[\w-]+/g)).toEqual(['algorithm=SHA-256']);
  });

  it.each([
    ['Basic, which toolkits send first', { authorization: 'Basic c3NwMnI6c3NwMnI=' }],
    ['an unknown scheme', { authorization: 'Bearer token' }],
  ])('is a plain 401 with %s', async (_, authorization) => {
    const received = await send(`${server.url}/sppp`, { ...post, headers: { ...soap11, ...authorization } });
    expect(received).toMatchObject({ status: 401 });
    expect(received.headers['www-authenticate']).toContain('Digest ');
  });

  it('gets 401 before the server reads its media type or its XML', async () => {
    expect(
      await send(`${server.url}/sppp`, { method: 'POST', headers: { 'content-type': 'a/b' }, body: '<' }),
    ).toMatchObject({ status: 401 });
  });
});

describe('HTTP', () => {
  it.each([
    ['/sppp', 'GET, HEAD, POST'],
    ['/sppp/', 'GET, HEAD, POST'],
    ['/sppp/partial', 'GET, HEAD, POST'],
    ['/sppp/validate', 'GET, HEAD, POST'],
    ['/lookup/%2B1', 'GET, HEAD'],
    ['/feed', 'GET'],
    ['/transaction', 'GET, HEAD'],
    ['/transaction/0', 'GET, HEAD'],
    ['/health', 'GET, HEAD'],
    ['/health/live', 'GET, HEAD'],
    ['/health/write', 'GET, HEAD'],
    ['/health/lookup', 'GET, HEAD'],
    ['/about', 'GET, HEAD'],
    ['/openapi.json', 'GET, HEAD'],
    ['/operator/status', 'GET, HEAD'],
    ['/operator/webhooks', 'GET, POST'],
    ['/operator/webhooks/1', 'DELETE, GET'],
    ['/', 'GET, HEAD'],
  ])('refuses at %s all methods except %s with 405, and lists those in Allow', async (path, allow) => {
    const own = allow.split(', ');
    const others = METHODS.filter((method) => method !== 'CONNECT' && !own.includes(method));
    expect(others.length).toBeGreaterThan(25);
    for (const method of others) {
      const { status: code, headers } = await send(server.url + path, { method });
      expect({ method, code, allow: headers.allow }).toEqual({ method, code: 405, allow });
    }
  });

  it.each([
    ['two', 'Host: a.example\r\nHost: b.example\r\n'],
    ['the same twice', 'Host: a.example\r\nhost: a.example\r\n'],
    ['none', ''],
    ['one with a blank', 'Host: a.example b.example\r\n'],
    ['one with a path', 'Host: a.example/x\r\n'],
    ['one with a user', 'Host: u@a.example\r\n'],
    ['one with markup', 'Host: a"><x/b\r\n'],
    ['one with a port that is none', 'Host: a.example:x\r\n'],
    ['one whose bracket is open', 'Host: [::1\r\n'],
    ['two users', 'Host: a.example\r\nAuthorization: Digest a\r\nAuthorization: Digest b\r\n'],
  ])(
    'refuses a Host or Authorization header with 400 if it is missing, repeated or invalid: %s',
    async (_, headers) => {
      for (const start of ['GET /health', 'GET /sppp?wsdl', 'POST /sppp', 'GET /nowhere']) {
        const connection = await RawConnection.open(server.url);
        connection.write(`${start} HTTP/1.1\r\n${headers}\r\n`);
        expect((await connection.answer()).status).toBe(400);
        await connection.ended();
        connection.close();
      }
    },
  );

  it.each(['', 'a.example', 'a.example:', '[2001:db8::1]:8080', 'a_b:1', "a'b,c.example", '%41.example'])(
    'takes the Host %j',
    async (host) => {
      expect(await send(`${server.url}/health`, { headers: { host } })).toMatchObject({ status: 200 });
    },
  );

  it.each([
    'application/json',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/related; type="text/xml"',
    'text/xml; charset=iso-8859-1',
    'text/xml; charset=utf-8; charset=utf-8',
    '',
  ])("refuses the media type '%s' with 415", async (type) => {
    expect(await server.post(envelope(status), { headers: { 'content-type': type } })).toMatchObject({ status: 415 });
  });

  it.each([
    'text/xml',
    'TEXT/XML;charset="UTF-8"',
    'text/xml ; charset=utf8 ;',
    'text/xml; charset=us-ascii',
    'text/xml; unknown=parameter',
  ])("reads the media type '%s'", async (type) => {
    const received = await server.post(envelope(status), { headers: { 'content-type': type } });
    expect(codeOf(received)).toBe(1000);
    expect(received.headers['content-type']).toBe('text/xml; charset=utf-8');
  });

  it('answers SOAP 1.2 with its own media type, never with the type in the request', async () => {
    const headers = { 'content-type': 'application/soap+xml; charset=utf-8; action="submitServerStatusRqst"; x=y' };
    const received = await server.post(envelope(status, '1.2'), { headers });
    expect(received.headers['content-type']).toBe('application/soap+xml; charset=utf-8');
    expect(received.text).toContain('"http://www.w3.org/2003/05/soap-envelope"');
  });

  it('answers in the version of the envelope if the media type names the other', async () => {
    const received = await server.post(envelope(status, '1.2'), { headers: soap11 });
    expect(codeOf(received)).toBe(1000);
    expect(received.headers['content-type']).toBe('application/soap+xml; charset=utf-8');
  });

  it('refuses a declared length over the limit with 413, and names the limit', async () => {
    const received = await small.post(envelope(status) + ' '.repeat(4096));
    expect(received).toMatchObject({ status: 413, headers: { connection: 'close' } });
    expect(received.text).toContain('4096 bytes (limit wireBytes)');
  });

  it('refuses a body of unknown length with 413 as soon as it grows over the limit', async () => {
    const body = envelope(status).replace('<e:Body>', `${' '.repeat(8000)}<e:Body>`);
    const connection = await authorized(small, { [chunked]: 'chunked' });
    connection.write(`${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
    expect((await connection.answer()).status).toBe(413);
    connection.close();
  });

  it.each([
    ['of a declared length', { 'content-length': '32000000' }, ''],
    ['of unknown length', { [chunked]: 'chunked' }, '1e84800\r\n'],
  ])('delivers that refusal to a client that first sends all of a body %s', async (_, headers, start) => {
    const connection = await authorized(small, headers);
    // More than the system buffers before the server reads.
    await connection.writeAll(start + ' '.repeat(32_000_000));
    const { status: code, body } = await connection.answer();
    expect({ code, body }).toMatchObject({ code: 413, body: expect.stringContaining('(limit wireBytes)') });
    connection.close();
  });

  it('refuses with 413 a body that grows over the limit when it is inflated', async () => {
    const body = gzipSync(envelope(status).replace('<e:Body>', `${' '.repeat(20_000)}<e:Body>`));
    expect(body.length).toBeLessThan(4096);
    const received = await small.post(body, { headers: { 'content-encoding': 'gzip' } });
    expect(received.status).toBe(413);
    expect(received.text).toContain('16384 bytes (limit plainBytes)');
  });

  it.each(['gzip', 'x-gzip', 'GZIP', 'identity'])('reads a body with Content-Encoding %s', async (coding) => {
    const text = envelope(status);
    const body = coding === 'identity' ? text : gzipSync(text);
    expect(codeOf(await server.post(body, { headers: { 'content-encoding': coding } }))).toBe(1000);
  });

  it('refuses another Content-Encoding with 415 and names the supported ones', async () => {
    const received = await server.post(envelope(status), { headers: { 'content-encoding': 'br' } });
    expect(received).toMatchObject({ status: 415, headers: { 'accept-encoding': 'gzip, identity' } });
  });

  it('refuses damaged gzip with 400', async () => {
    const body = gzipSync(envelope(status)).subarray(0, -9);
    expect(await server.post(body, { headers: { 'content-encoding': 'gzip' } })).toMatchObject({ status: 400 });
  });

  it('compresses a long answer only for a client that reads gzip', async () => {
    const names = Array.from({ length: 20 }, (_, number) => `GZIP_GROUP_${number}`);
    await server.post(addRequest(...names.map((name) => destGrp(name))));
    const get = getRequest(...names.map((name) => objKey('DestGrp', name)));
    const plain = await server.post(get);
    const zipped = await server.post(get, { headers: { 'accept-encoding': 'deflate, gzip;q=0.5' } });
    const refused = await server.post(get, { headers: { 'accept-encoding': 'gzip;q=0' } });
    expect([plain, zipped, refused].map(({ headers }) => headers['content-encoding'])).toEqual([
      undefined,
      'gzip',
      undefined,
    ]);
    expect(readAnswer(plain.text).resultObjs).toHaveLength(20);
    expect(zipped.text).toBe(plain.text);
    for (const { headers } of [plain, zipped]) expect(headers.vary).toContain('accept-encoding');
  });
});

describe('a connection', () => {
  const open: RawConnection[] = [];
  afterEach(() => {
    for (const connection of open.splice(0)) connection.close();
  });

  async function ask(
    connection: RawConnection,
    headers: Record<string, string>,
    body: string | Uint8Array,
  ): Promise<RawAnswer> {
    connection.writeHead('POST', '/sppp', {
      ...soap11,
      'content-length': String(body.length),
      authorization: await authorization(server),
      ...headers,
    });
    connection.write(body);
    return connection.answer();
  }

  async function connect(): Promise<RawConnection> {
    const connection = await RawConnection.open(server.url);
    open.push(connection);
    return connection;
  }

  it('carries one request after the other, good or bad', async () => {
    const connection = await connect();
    const statuses: number[] = [];
    for (const body of [envelope(status), '<a', envelope('<s:spppGetRequest/>'), envelope(status)]) {
      statuses.push((await ask(connection, {}, body)).status);
    }
    expect(statuses).toEqual([200, 500, 200, 200]);
  });

  const tooLong = envelope(`<s:spppAddRequest><x/>${destGrp('NEVER_READ').repeat(10_000)}</s:spppAddRequest>`);
  it.each([
    ['a fault', 500, {}, `<a>${'<b/>'.repeat(500_000)}</a>`],
    [
      'a fault, compressed',
      500,
      { 'content-encoding': 'gzip' },
      gzipSync(`<a>${randomBytes(1_500_000).toString('hex')}`),
    ],
    ['code 2000', 200, {}, tooLong],
    ['code 2000, compressed', 200, { 'content-encoding': 'gzip' }, gzipSync(tooLong, { level: 0 })],
  ])(
    'carries the next request after a long body that was refused early with %s',
    async (_, expected, headers, body) => {
      const connection = await connect();
      expect((await ask(connection, headers, body)).status).toBe(expected);
      expect((await ask(connection, {}, envelope(status))).status).toBe(200);
    },
  );

  it('answers pipelined requests in their order', async () => {
    const connection = await connect();
    const messages = [envelope(status), '<a', envelope(status)];
    for (const body of messages) {
      connection.writeHead('POST', '/sppp', {
        ...soap11,
        'content-length': String(body.length),
        authorization: await authorization(server),
      });
      connection.write(body);
    }
    const statuses: number[] = [];
    for (const _ of messages) statuses.push((await connection.answer()).status);
    expect(statuses).toEqual([200, 500, 200]);
  });

  it('gets 100 Continue after authentication, and only then sends its body', async () => {
    const body = envelope(status);
    const connection = await authorized(server, { expect: '100-continue', 'content-length': String(body.length) });
    open.push(connection);
    expect((await connection.answer()).status).toBe(100);
    connection.write(body);
    expect((await connection.answer()).status).toBe(200);
  });

  it.each([
    ['401 to an unknown client', 401, { authorization: '' }],
    ['415 to a media type that is not read', 415, { 'content-type': 'application/json' }],
    ['415 to a coding that is not read', 415, { 'content-encoding': 'br' }],
    ['413 to a length over the limit', 413, { 'content-length': '99999999999' }],
  ])('gets %s instead of 100 Continue', async (_, expected, headers) => {
    const connection = await connect();
    connection.writeHead('POST', '/sppp', {
      ...soap11,
      expect: '100-continue',
      'content-length': '1000',
      authorization: await authorization(server),
      ...headers,
    });
    expect((await connection.answer()).status).toBe(expected);
  });

  it('gets 503 with Retry-After while the server drains', async () => {
    const draining = await startServer();
    const connection = await RawConnection.open(draining.url);
    open.push(connection);
    // The second request has begun when the first is answered, so that the connection counts as busy.
    connection.write('GET /sppp?xsd=none HTTP/1.1\r\nHost: a\r\n\r\nPOST /sppp HTTP/1.1\r\nHost: a\r\n');
    expect((await connection.answer()).status).toBe(404);
    const closed = draining.close();
    connection.write('Content-Length: 0\r\n\r\n');
    const answer = await connection.answer();
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('5');
    await connection.ended();
    await closed;
  });
});

describe('SOAPAction', () => {
  const quiet = [
    ['quoted', '"submitServerStatusRqst"'],
    ['unquoted', 'submitServerStatusRqst'],
    ['with spaces', ' "submitServerStatusRqst" '],
    ['empty', '""'],
    ['bare and empty', ''],
    ['as the name of nothing', 'urn:example:whatever'],
    ['as the name of another operation in another spelling', '"SubmitAddRqst"'],
    ['as an address that ends in the name of another', '"http://registry.example/submitAddRqst"'],
    ['as a long one', 'x'.repeat(10_000)],
  ] as const;
  it.each(quiet)('is read %s', async (_, soapaction) => {
    expect(codeOf(await server.post(envelope(status), { headers: { soapaction } }))).toBe(1000);
  });

  it.each([
    ['another operation', '"submitAddRqst"'],
    ['another, unquoted', 'submitAddRqst'],
  ])('that names %s gives 2100, and the answer fits the Body', async (_, soapaction) => {
    const answer = readAnswer((await server.post(envelope(status), { headers: { soapaction } })).text);
    expect(answer).toMatchObject({ wrapper: 'spppServerStatusResponse', code: 2100 });
    expect(answer.msg).toMatch(/^Command invalid \(the action .* is not submitServerStatusRqst\)$/);
  });

  it('that names a deletion does not turn an addition into one, and nothing is added', async () => {
    const received = await server.post(addRequest(destGrp('SPOOFED')), { headers: { soapaction: 'submitDelRqst' } });
    expect(readAnswer(received.text)).toMatchObject({ wrapper: 'spppAddResponse', code: 2100 });
    expect(await server.sql(`SELECT FROM sppp.destination_group WHERE name = 'SPOOFED'`)).toEqual([]);
  });

  it.each([
    ['as the action parameter of SOAP 1.2', 'action="submitServerStatusRqst"', 1000],
    ['as an unquoted action parameter', 'action=submitServerStatusRqst', 1000],
    ['as an empty action parameter', 'action=""', 1000],
    ['as an action parameter that names nothing', 'action="urn:example:whatever"', 1000],
    ['as an action parameter that names another operation', 'action="submitGetRqst"', 2100],
  ])('is read %s', async (_, parameter, code) => {
    const headers = { 'content-type': `application/soap+xml; ${parameter}` };
    expect(codeOf(await server.post(envelope(status, '1.2'), { headers }))).toBe(code);
  });

  it('has no meaning with SOAP 1.2', async () => {
    const headers = { ...soap12, soapaction: '"submitGetRqst"' };
    expect(codeOf(await server.post(envelope(status, '1.2'), { headers }))).toBe(1000);
  });
});

describe('a fault', () => {
  const e11 = 'xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"';
  const body = `<e:Body>${status}</e:Body>`;
  const with11 = (content: string) => envelope('').replace(/<e:Body>.*<\/e:Body>/, content);

  it.each([
    ['a document that is no XML', 'hello', 'Client'],
    ['an empty body', '', 'Client'],
    ['a document that is cut short', envelope(status).slice(0, -20), 'Client'],
    ['end tags that do not match', envelope('<s:spppServerStatusRequest></s:other>'), 'Client'],
    ['a second root', `${envelope(status)}<a/>`, 'Client'],
    ['an undeclared prefix', envelope('<x:spppServerStatusRequest/>'), 'Client'],
    ['an unknown entity', envelope('<s:spppServerStatusRequest>&x;</s:spppServerStatusRequest>'), 'Client'],
    ['a DOCTYPE', envelope(status).replace('?>', '?><!DOCTYPE x [<!ENTITY a "b">]>'), 'Client'],
    ['a processing instruction', envelope(`<?x y?>${status}`), 'Client'],
    [
      'a document without envelope',
      '<s:spppServerStatusRequest xmlns:s="urn:ietf:params:xml:ns:sppf:soap:1"/>',
      'Client',
    ],
    ['an envelope in an unknown namespace', envelope(status).replace('soap/envelope', 'soap/2099'), 'VersionMismatch'],
    ['no Body', with11('<e:Header/>'), 'Client'],
    ['an empty Body', envelope(''), 'Client'],
    ['two payloads', envelope(status + status), 'Client'],
    ['text in the Body', envelope(`text${status}`), 'Client'],
    ['a Header after the Body', with11(`${body}<e:Header/>`), 'Client'],
    ['an unknown wrapper', envelope('<s:spppFrobRequest/>'), 'Client'],
    ['a response as a request', envelope('<s:spppAddResponse/>'), 'Client'],
    ['a wrapper of no namespace', envelope('<spppServerStatusRequest/>'), 'Client'],
    ['a wrapper of another namespace', envelope('<b:spppServerStatusRequest/>'), 'Client'],
    [
      'a block that must be understood',
      with11(`<e:Header><x:a xmlns:x="urn:x" e:mustUnderstand="1"/></e:Header>${body}`),
      'MustUnderstand',
    ],
    ['too deep nesting', '<a>'.repeat(40), 'Client'],
    [
      'more attributes than are read',
      envelope(`<s:a ${Array.from({ length: 65 }, (_, n) => `a${n}=""`).join(' ')}/>`),
      'Client',
    ],
    ['bytes that are not UTF-8', Buffer.from(envelope(status).replace('<s:', '\u00ff<s:'), 'latin1'), 'Client'],
    ['an encoding that is not read', envelope(status).replace('UTF-8', 'ISO-8859-1'), 'Client'],
    ['a body that is UTF-16 without saying so in its first bytes', Buffer.from(envelope(status), 'utf16le'), 'Client'],
  ])('gives the reason for %s: 500 in SOAP 1.1', async (_, document, code) => {
    const received = await server.post(document);
    expect(received).toMatchObject({ status: 500, headers: { 'content-type': 'text/xml; charset=utf-8' } });
    const fault = readFault(received.text);
    expect(fault.code).toBe(code);
    expect(fault.reason).toMatch(/\w+ \w+/);
  });

  it.each([
    [
      'too deep nesting',
      envelope(
        `<s:spppAddRequest>${destGrp('X').replace('<b:dgName>', `<b:ext>${'<x:a xmlns:x="urn:x">'.repeat(40)}`)}`,
      ),
      'depth = 32',
    ],
    ['attributes', envelope(`<s:a ${Array.from({ length: 65 }, (_, n) => `a${n}=""`).join(' ')}/>`), 'attributes = 64'],
    ['a long name', envelope(`<s:${'a'.repeat(300)}/>`), 'nameLength = 256'],
  ])('names the limit that %s exceeds', async (_, document, limit) => {
    expect(readFault((await server.post(document)).text).reason).toContain(`the limit ${limit} is exceeded`);
  });

  it.each([
    ['the client’s is 400', envelope('<s:spppFrobRequest/>', '1.2'), 400, 'Sender'],
    ['a document that is cut short is 400', envelope(status, '1.2').slice(0, -20), 400, 'Sender'],
    [
      'a block that must be understood is 500',
      envelope(status, '1.2').replace(
        '<e:Body>',
        '<e:Header><x:a xmlns:x="urn:x" e:mustUnderstand="true"/></e:Header><e:Body>',
      ),
      500,
      'MustUnderstand',
    ],
    ['an unknown envelope is 500', envelope(status, '1.2').replace('2003/05', '2099/05'), 500, 'VersionMismatch'],
  ])('of SOAP 1.2: %s', async (_, document, expected, code) => {
    const received = await server.post(document, { headers: soap12 });
    expect(received).toMatchObject({
      status: expected,
      headers: { 'content-type': 'application/soap+xml; charset=utf-8' },
    });
    expect(received.text).toContain('"http://www.w3.org/2003/05/soap-envelope"');
    expect(readFault(received.text).code).toBe(code);
  });

  it('undoes everything before the part that is not well-formed', async () => {
    const request = addRequest(destGrp('HALF_A_MESSAGE'));
    expect((await server.post(request.replace('</e:Body>', '</e:Bdy>'))).status).toBe(500);
    expect((await server.post(`${request}<more/>`)).status).toBe(500);
    expect(await server.sql(`SELECT FROM sppp.destination_group WHERE name = 'HALF_A_MESSAGE'`)).toEqual([]);
  });

  it.each([
    ['is not ours', `<x:a xmlns:x="urn:x" e:mustUnderstand="1" e:actor="urn:somebody:else"/>`],
    ['need not be understood', `<x:a xmlns:x="urn:x" e:mustUnderstand="0"><x:b/></x:a>`],
    ['asks for another operation', `<a:Action xmlns:a="http://www.w3.org/2005/08/addressing">submitDelRqst</a:Action>`],
  ])('is not caused by a header block that %s', async (_, block) => {
    const document = with11(`<e:Header>${block}</e:Header>${body}`);
    expect(document).toContain(e11);
    expect(codeOf(await server.post(document))).toBe(1000);
  });
});

describe('spelling', () => {
  const same = addRequest(destGrp('SPELLING'));
  const read: [string, string | Uint8Array, PostOptions?][] = [
    ['a byte order mark', `\ufeff${same}`],
    ['UTF-16, little end first', utf16(same, 'le')],
    ['UTF-16, big end first', utf16(same, 'be')],
    ['UTF-16 with its charset', utf16(same, 'le'), { headers: { 'content-type': 'text/xml; charset=utf-16' } }],
    ['no XML declaration', same.replace(/<\?.*?\?>/, '')],
    ['a declaration with single quotes', same.replace(/<\?.*?\?>/, "<?xml version='1.0' standalone='yes'?>")],
    ['other prefixes', same.replaceAll('b:', 'q.1:').replace('xmlns:b=', 'xmlns:q.1=')],
    ['the soap namespace as default inside the wrapper', defaulted(same)],
    ['repeated declarations', same.replace('<b:dgName>', '<b:dgName xmlns:b="urn:ietf:params:xml:ns:sppf:base:1">')],
    [
      'a type prefix declared on the element itself',
      same.replace('xsi:type="b:', 'xmlns:t="urn:ietf:params:xml:ns:sppf:base:1" xsi:type="t:'),
    ],
    ['white space around the type', same.replace('"b:DestGrpType"', '" b:DestGrpType\n"')],
    ['a redundant xsi:nil="false"', same.replace('<b:dgName>', '<b:dgName xsi:nil="false">')],
    ['xsi:schemaLocation', same.replace('<s:spppAddRequest>', '<s:spppAddRequest xsi:schemaLocation="urn:a b.xsd">')],
    ['encodingStyle on the wrapper', same.replace('<s:spppAddRequest>', '<s:spppAddRequest e:encodingStyle="">')],
    ['an empty Header', same.replace('<e:Body>', '<e:Header/><e:Body>')],
    ['comments and line breaks between elements', same.replaceAll('><', '>\r\n\t<!-- x --><')],
    ['white space around values', same.replaceAll(/>([^<]+)</g, '>\n\t $1  <')],
    ['CDATA', same.replace('>SPELLING<', '><![CDATA[SPELL]]>ING<')],
    ['character references', same.replace('>SPELLING<', '>&#83;PELL&#x49;NG<')],
    ['a comment inside a value', same.replace('>SPELLING<', '>SPELL<!-- x -->ING<')],
  ];

  it.each(read)('may be with %s', async (_, document, options) => {
    await server.sql(`DELETE FROM sppp.destination_group`);
    expect(codeOf(await server.post(document, options))).toBe(1000);
    expect(await server.sql(`SELECT name FROM sppp.destination_group`)).toEqual([{ name: 'SPELLING' }]);
  });

  it('may be with xsi:nil="true" on an empty wrapper, and with a redundant xsi:type on a key', async () => {
    expect(codeOf(await server.post(envelope('<s:spppServerStatusRequest xsi:nil="true"/>')))).toBe(1000);
    const key =
      '<objKey xsi:type="s:SedGrpOfferKeyType"><sedGrpKey xsi:type="s:ObjKeyType"><rant>iana-en:222</rant><name>NO_GROUP</name><type>SedGrp</type></sedGrpKey><offeredTo>iana-en:111</offeredTo></objKey>';
    expect(codeOf(await server.post(envelope(`<s:spppDelRequest>${key}</s:spppDelRequest>`)))).toBe(2100);
  });

  it('of an answer is one line of UTF-8 without a mark, with prefixes only, and the language on the Body', async () => {
    const name = 'Gruppe_Zürich_東京_😀';
    const { text } = await server.post(addRequest(destGrp(name), destGrp('XY')));
    expect(text).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?><S:Envelope /);
    expect(text).not.toContain('\n');
    expect(text).not.toMatch(/xmlns="/);
    expect(text).toContain('<S:Body xml:lang="en"><sppfs:spppAddResponse ');
    expect(text).toContain('<obj xsi:type="sppfb:DestGrpType"><sppfb:rant>');
    await server.post(addRequest(destGrp(name)));
    expect((await server.post(getRequest(objKey('DestGrp', name)))).text).toContain(
      `<sppfb:dgName>${name}</sppfb:dgName>`,
    );
  });
});

function codeOf({ status: http, text }: Received): number {
  expect(`${http} ${text}`).toMatch(/^200 /);
  return readAnswer(text).code;
}

function locations(wsdl: string): string[] {
  return [...wsdl.matchAll(/location="([^"]*)"/g)].map(([, location]) => String(location));
}

function utf16(text: string, end: 'le' | 'be'): Uint8Array {
  const bytes = Buffer.from(`\ufeff${text.replace('UTF-8', 'UTF-16')}`, 'utf16le');
  return end === 'le' ? bytes : bytes.swap16();
}

/** With the soap namespace as default on the wrapper, undeclared for the elements without a namespace. */
function defaulted(request: string): string {
  return request
    .replaceAll('s:spppAddRequest', 'spppAddRequest')
    .replace('<spppAddRequest>', '<spppAddRequest xmlns="urn:ietf:params:xml:ns:sppf:soap:1">')
    .replaceAll('<obj ', '<obj xmlns="" ');
}

const signers = new Map<TestServer, DigestClient>();

/** An Authorization header that the server accepts once. */
async function authorization(to: TestServer): Promise<string> {
  const known = signers.get(to);
  const signer = known ?? new DigestClient({ username: 'ssp2r', password: 'ssp2r' });
  signers.set(to, signer);
  if (known === undefined)
    await signer.send(`${to.url}/sppp`, { method: 'POST', headers: soap11, body: envelope(status) });
  return signer.authorization(`${to.url}/sppp`, 'POST');
}

/** A connection on which the head of a request with valid credentials has been sent. */
async function authorized(to: TestServer, headers: Record<string, string>): Promise<RawConnection> {
  const connection = await RawConnection.open(to.url);
  connection.writeHead('POST', '/sppp', { ...soap11, authorization: await authorization(to), ...headers });
  return connection;
}
