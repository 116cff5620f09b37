/** Behind a proxy that serves the server under a path of its own: clients sign the path that they requested, and log in. */

import { request as ask, createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authorization, nonceOf } from '../support/digest-answer.js';
import { DigestClient, send } from '../support/digest-client.js';
import { addRequest, destGrp, envelope, readAnswer } from '../support/message.js';
import { RawConnection } from '../support/raw-http.js';
import { startServer, type TestServer } from '../support/server.js';

const BASE = '/carriers/de';
const soap = { 'content-type': 'text/xml; charset=utf-8' };
const status = envelope('<s:spppServerStatusRequest/>');

let server: TestServer;
const proxies: Server[] = [];

beforeAll(async () => {
  server = await startServer({ settings: { SPPP_PUBLIC_URL: `https://registry.example${BASE}/` } });
});
afterAll(async () => {
  for (const proxy of proxies) proxy.close();
  await server.close();
});

/** A proxy that rewrites targets with `rewrite`; returns its URL with the path of the server. */
async function proxied(rewrite: (target: string) => string): Promise<string> {
  const { hostname, port } = new URL(server.url);
  const proxy = createServer((request, response) => {
    const path = rewrite(request.url ?? '');
    const passed = ask({ hostname, port, path, method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy());
    request.pipe(passed);
  });
  proxies.push(proxy);
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${BASE}`;
}

function unescapePath(target: string): string {
  const [path = ''] = target.split('?', 1);
  return decodeURIComponent(path.slice(BASE.length)) + target.slice(path.length);
}

const ways: readonly [name: string, rewrite: (target: string) => string][] = [
  ['takes the path away', (target) => target.slice(BASE.length)],
  ['leaves the path', (target) => target],
  ['takes it away and unescapes', unescapePath],
  ['asks by the absolute form', (target) => `http://inner.example${target.slice(BASE.length)}`],
];

describe.each(ways)('a proxy that %s', (_, rewrite) => {
  it('passes on messages in every mode, look-ups and documents', async () => {
    const url = await proxied(rewrite);
    const client = new DigestClient({ username: 'ssp2r', password: 'ssp2r' });
    for (const path of ['/sppp', '/sppp/partial', '/sppp/validate', '/sppp/']) {
      const { status: code, text } = await client.send(url + path, {
        method: 'POST',
        headers: soap,
        body: addRequest(destGrp('PROXIED')),
      });
      expect({ path, code }).toEqual({ path, code: 200 });
      expect(readAnswer(text).code).toBe(1000);
    }
    const found = await client.send(`${url}/lookup/tel%3A%2B1?asker=iana-en%3A222`, { method: 'GET', headers: {} });
    expect(found.status).toBe(200);
    const described = await send(`${url}/sppp?wsdl`);
    expect(described.text).toContain(`location="https://registry.example${BASE}/sppp"`);
    expect((await send(`${url}/health`)).status).toBe(200);
  });
});

describe('a response signed for another resource', () => {
  it.each([
    [`${BASE}/sppp`, '/sppp/validate'],
    ['/other/sppp', '/sppp'],
    [`${BASE}sppp`, '/sppp'],
    [BASE, '/sppp'],
    [`${BASE}/sppp?x`, '/sppp'],
    [`${BASE}${BASE}/sppp`, '/sppp'],
    ['/sppp', `${BASE}/sppp/validate`],
  ])('%s does not log in at %s', async (uri, target) => {
    const nonce = nonceOf(await send(`${server.url}/sppp`, { method: 'POST', headers: {}, body: '' }));
    const { status: code } = await send(server.url + target, {
      method: 'POST',
      headers: { ...soap, authorization: authorization({ nonce, uri }) },
      body: status,
    });
    expect(code).toBe(400);
  });
});

it('a target in absolute form takes precedence over the Host', async () => {
  const open = await startServer();
  try {
    const connection = await RawConnection.open(open.url);
    connection.write('GET http://asked.example:81/sppp?wsdl HTTP/1.1\r\nHost: other.example\r\n\r\n');
    const { status: code, body } = await connection.answer();
    connection.close();
    expect(code).toBe(200);
    expect(body).toContain('location="http://asked.example:81/sppp"');
  } finally {
    await open.close();
  }
});
