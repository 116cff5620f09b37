/** Clients that request long answers and read little: they hold little memory, for a limited time, and stop no server. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ChildServer, startChildServer } from '../support/child-server.js';
import { DigestClient, send } from '../support/digest-client.js';
import { addRequest, destGrp, getRequest, numberKey, readAnswer, tn } from '../support/message.js';
import '../support/long-timeouts.js';

const NUMBERS = 40_000;
const READERS = 8;
const MEGABYTES = 256;
const owner = { rant: 'iana-en:1', rar: 'iana-en:1' };
const other = { rant: 'iana-en:2', rar: 'iana-en:2' };

let server: ChildServer;
const open: Socket[] = [];
const clients = new Map(['ssp1', 'ssp2'].map((name) => [name, new DigestClient({ username: name, password: name })]));

function numbers(): string[] {
  return Array.from({ length: NUMBERS }, (_, n) => `1303${1_000_000 + n}`);
}

const gets = getRequest(...numbers().map((number) => numberKey('TN', number, 'iana-en:1')));

async function post(xml: string, { as = 'ssp1', path = '/sppp' } = {}) {
  const client = clients.get(as) as DigestClient;
  const headers = { 'content-type': 'text/xml', 'content-encoding': 'gzip' };
  return readAnswer((await client.send(server.url + path, { method: 'POST', headers, body: gzipSync(xml) })).text);
}

/** Sends a request and reads nothing of its answer. */
async function ask(xml: string, path = '/sppp'): Promise<Socket> {
  return begin('POST', path, gzipSync(xml));
}

async function begin(method: string, path: string, body = Buffer.alloc(0)): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname).on('error', () => undefined);
  open.push(socket);
  await once(socket, 'connect');
  socket.pause();
  const authorization = (clients.get('ssp1') as DigestClient).authorization(server.url + path, method);
  socket.write(
    `${method} ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\nContent-Encoding: gzip\r\n` +
      `Content-Length: ${body.length}\r\nAuthorization: ${authorization}\r\n\r\n`,
  );
  socket.write(body);
  return socket;
}

/** Waits for the first of an answer, and reads no further. */
async function begun(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => {
    socket.once('readable', resolve).once('close', resolve);
  });
}

async function answerOf(socket: Socket): Promise<string> {
  let text = '';
  for await (const bytes of socket) {
    text += String(bytes);
    if (text.endsWith('\r\n0\r\n\r\n')) break;
  }
  return text;
}

beforeAll(async () => {
  // No reader is cut for its rate, because the machine may be slow.
  server = await startChildServer(MEGABYTES, { SPPP_LEAST_RATE: '0', SPPP_STALL_TIMEOUT: '600000' });
  const added = await post(addRequest(destGrp('GRP', owner), ...numbers().map((number) => tn(number, ['GRP'], owner))));
  expect(added.code).toBe(1000);
  await post(addRequest(destGrp('OTHER', other)), { as: 'ssp2' });
}, 300_000);
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});
afterAll(() => server.close());

describe(`a server with ${MEGABYTES} MB`, () => {
  it(`has ${READERS} answers of ${NUMBERS} objects that nobody reads, and goes on; who then reads gets all`, async () => {
    const before = await server.heap();
    const readers = await Promise.all(Array.from({ length: READERS }, () => ask(gets)));
    await Promise.all(readers.map(begun));
    expect(server.ended).toBeUndefined();
    expect((await server.heap()) - before).toBeLessThan(READERS * 2_000_000);
    expect((await post(addRequest(destGrp('NEIGHBOUR', other)), { as: 'ssp2' })).code).toBe(1000);
    for (const reader of readers.slice(0, 2)) {
      const answer = await answerOf(reader);
      expect(answer.split('<resultObj ')).toHaveLength(NUMBERS + 1);
      expect(answer).toContain('</S:Envelope>');
    }
    for (const reader of readers) reader.destroy();
    await expect.poll(async () => (await server.heap()) - before, { timeout: 20_000 }).toBeLessThan(8_000_000);
  }, 300_000);

  it(`lists ${NUMBERS} objects to somebody who reads none of it, and holds some hundred; who then reads gets all`, async () => {
    const before = await server.heap();
    const reader = await begin('GET', '/objects');
    await begun(reader);
    expect((await server.heap()) - before).toBeLessThan(4_000_000);
    expect((await post(addRequest(destGrp('NEIGHBOUR', other)), { as: 'ssp2' })).code).toBe(1000);
    expect((await answerOf(reader)).split('"kind":"TNType"')).toHaveLength(NUMBERS + 1);
    reader.destroy();
  }, 300_000);

  it(`tells of ${NUMBERS} failures to as many, and goes on`, async () => {
    const bad = numbers().map((number) => tn(number, ['NO_SUCH_GROUP'], owner));
    const readers = await Promise.all(Array.from({ length: READERS }, () => ask(addRequest(...bad), '/sppp/partial')));
    await Promise.all(readers.map(begun));
    expect(server.ended).toBeUndefined();
    const answer = await answerOf(readers[0] as Socket);
    expect(answer.split('<detailResult>')).toHaveLength(NUMBERS + 1);
    expect((await post(addRequest(destGrp('NEIGHBOUR', other)), { as: 'ssp2' })).code).toBe(1000);
  }, 300_000);

  it('reads large bodies of long extensions, some at a time, and answers all of them', async () => {
    const ext = `<b:ext><x:x xmlns:x="urn:x">${'y'.repeat(15_000)}</x:x></b:ext>`;
    const bad = Array.from({ length: 8000 }, (_, n) =>
      tn(`1404${1_000_000 + n}`, ['NO_SUCH_GROUP'], owner).replace('</b:rar>', `</b:rar>${ext}`),
    );
    const readers = await Promise.all(Array.from({ length: 4 }, () => ask(addRequest(...bad), '/sppp/partial')));
    await Promise.all(readers.map(begun));
    expect(server.ended).toBeUndefined();
    expect((await post(addRequest(destGrp('NEIGHBOUR', other)), { as: 'ssp2' })).code).toBe(1000);
  }, 300_000);

  it('has many small requests in progress, with long white space between their objects, and runs on', async () => {
    const between = `<!--${'c'.repeat(8000)}-->`;
    const bad = Array.from({ length: 1000 }, (_, n) => tn(`1404${1_000_000 + n}`, ['NO_SUCH_GROUP'], owner) + between);
    const readers = await Promise.all(Array.from({ length: 40 }, () => ask(addRequest(...bad), '/sppp/partial')));
    await Promise.all(readers.map(begun));
    expect(server.ended).toBeUndefined();
    expect((await post(addRequest(destGrp('NEIGHBOUR', other)), { as: 'ssp2' })).code).toBe(1000);
  }, 300_000);

  it('has many smaller unread answers with long extensions, and runs on', async () => {
    const ext = `<b:ext><x:x xmlns:x="urn:x">${'y'.repeat(15_000)}</x:x></b:ext>`;
    const groups = Array.from({ length: 1000 }, (_, n) =>
      destGrp(`LONG_${n}`, owner).replace('</b:rar>', `</b:rar>${ext}`),
    );
    expect((await post(addRequest(...groups))).code).toBe(1000);
    const keys = groups.map(
      (_, n) =>
        `<objKey xsi:type="s:ObjKeyType"><rant>iana-en:1</rant><name>LONG_${n}</name><type>DestGrp</type></objKey>`,
    );
    const readers = await Promise.all(Array.from({ length: READERS }, () => ask(getRequest(...keys))));
    await Promise.all(readers.map(begun));
    expect(server.ended).toBeUndefined();
    expect((await post(addRequest(destGrp('NEIGHBOUR', other)), { as: 'ssp2' })).code).toBe(1000);
    expect((await send(`${server.url}/health`)).status).toBe(200);
  }, 300_000);
});
