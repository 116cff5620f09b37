/** Limits on slow reading, and on unread answers. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.js';
import { DigestClient } from '../support/digest-client.js';
import { addRequest, destGrp, getRequest, numberKey, readAnswer } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';

const NUMBERS = 30_000;

let server: TestServer;
const open: Socket[] = [];
const clients = new Map(
  ['ssp1', 'ssp3'].map((username) => [username, new DigestClient({ username, password: username })]),
);
const gets = getRequest(
  ...Array.from({ length: NUMBERS }, (_, n) => numberKey('TN', String(19_000_000_001 + n), 'iana-en:111')),
);

beforeAll(async () => {
  server = await startServer({
    settings: {
      SPPP_STALL_TIMEOUT: '3000',
      SPPP_METRICS_PORT: '0',
      SPPP_UNREAD_PER_REGISTRAR: '3000000',
      SPPP_MAX_EXTENSION: '20000',
    },
  });
  for (const [as, orgId] of [
    ['ssp1', 'iana-en:111'],
    ['ssp3', 'iana-en:225'],
  ] as const) {
    const owner = { rant: orgId, rar: orgId };
    expect(readAnswer((await server.post(addRequest(destGrp('GRP', owner)), { as })).text).code).toBe(1000);
    await clients.get(as)?.send(`${server.url}/sppp`, { method: 'POST', body: '' });
  }
  await server.sql(
    `INSERT INTO sppp.public_identifier (transaction_id, c_date, rant_id, rar_id, kind, value)
     SELECT (SELECT max(id) FROM sppp.transaction), now(), o.id, o.id, 'TN', (19000000000 + n)::text
       FROM generate_series(1, 100000) n, sppp.organization o WHERE o.org_id = 'iana-en:111'`,
  );
}, 120_000);
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});
afterAll(() => server.close());

/** Sends a request, and reads nothing. */
async function begin(method: string, path: string, body = '', as = 'ssp1'): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname).on('error', () => undefined);
  open.push(socket);
  await once(socket, 'connect');
  socket.pause();
  const authorization = clients.get(as)?.authorization(server.url + path, method);
  socket.write(
    `${method} ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\n` +
      `Content-Length: ${body.length}\r\nAuthorization: ${authorization}\r\n\r\n${body}`,
  );
  return socket;
}

/** Sends a request and reads only the beginning of its answer. */
async function ask(method: string, path: string, body = ''): Promise<Socket> {
  const socket = await begin(method, path, body);
  await new Promise<void>((resolve) => {
    socket.once('readable', resolve).once('close', () => resolve());
  });
  return socket;
}

async function connections(): Promise<number> {
  const text = await (await fetch(String(server.metricsUrl))).text();
  return Number(/^sppp_http_connections (\d+)$/m.exec(text)?.[1]);
}

async function drip(socket: Socket, bytes: number): Promise<void> {
  while (!socket.destroyed && !socket.readableEnded) {
    socket.read(Math.min(bytes, socket.readableLength) || undefined);
    await delay(100);
  }
}

describe('an answer', () => {
  it('that is not read, or too slowly, is cut in time; one that is read arrives whole', async () => {
    const before = await connections();
    const fast = await begin('POST', '/sppp', gets);
    let taken = '';
    fast.on('data', (bytes) => {
      taken += String(bytes);
    });
    fast.resume();
    await expect.poll(() => taken.endsWith('\r\n0\r\n\r\n'), { timeout: 60_000 }).toBe(true);
    const text = taken.replaceAll(/\r\n[0-9a-f]+\r\n/g, ''); // chunks begin anywhere
    expect(text.split('<resultObj ')).toHaveLength(NUMBERS + 1);
    fast.destroy();
    const [still, slow] = await Promise.all([1, 2].map(() => ask('POST', '/sppp', gets)));
    const dripped = drip(slow as Socket, 1000);
    await expect.poll(connections, { timeout: 60_000, interval: 500 }).toBeLessThanOrEqual(before);
    still?.destroy();
    slow?.destroy();
    await dripped;
  }, 120_000);

  it('that would exceed the unread answers of a registrar is refused before it is made', async () => {
    // Text that does not compress well.
    const hex = (n: number) =>
      Array.from({ length: 2000 }, (_, i) => ((n + 7) * (i + 13) * 2_654_435_761).toString(36));
    const owner = { rant: 'iana-en:225', rar: 'iana-en:225' };
    const names = Array.from({ length: 600 }, (_, n) => `LONG_${n}`);
    const long = names.map((name, n) =>
      destGrp(name, owner).replace(
        '</b:rar>',
        `</b:rar><b:ext><x:x xmlns:x="urn:x">${hex(n).join('').slice(0, 19_000)}</x:x></b:ext>`,
      ),
    );
    expect(readAnswer((await server.post(addRequest(...long), { as: 'ssp3' })).text).code).toBe(1000);
    const key = (name: string) =>
      `<objKey xsi:type="s:ObjKeyType"><rant>iana-en:225</rant><name>${name}</name><type>DestGrp</type></objKey>`;
    const refused = await server.post(getRequest(...names.map(key)), { as: 'ssp3' });
    expect(refused.headers['retry-after']).toBeDefined();
    expect(readAnswer(refused.text)).toMatchObject({ code: 2300, msg: expect.stringContaining('3000000 bytes') });
    expect(readAnswer((await server.post(getRequest(key('GRP')), { as: 'ssp3' })).text).code).toBe(1000);
  }, 120_000);
});

describe('a feed', () => {
  const path = '/feed?asker=iana-en%3A111';
  const pull = (as: string, of: string) =>
    clients
      .get(as)
      ?.send(`${server.url}/feed?asker=${encodeURIComponent(of)}`, { headers: { 'accept-encoding': 'gzip' } });

  it('is pulled once at a time by one registrar, and is cut if the client does not read it', async () => {
    await ask('GET', path);
    const again = await pull('ssp1', 'iana-en:111');
    expect(again?.status).toBe(503);
    expect(again?.headers['retry-after']).toBe('5');
    expect(again?.text).toContain('A feed of this registrar is being sent');
    expect((await pull('ssp3', 'iana-en:225'))?.status).toBe(200);
    await expect
      .poll(async () => (await pull('ssp1', 'iana-en:111'))?.status, { timeout: 60_000, interval: 500 })
      .toBe(200);
  }, 120_000);
});

describe('a list of objects', () => {
  it('ends for one that does not take it, or in drops; its connection is free then, and another one may be pulled', async () => {
    const pull = () => clients.get('ssp1')?.send(`${server.url}/objects`, { headers: { 'accept-encoding': 'gzip' } });
    for (const reads of [() => Promise.resolve(), (socket: Socket) => drip(socket, 1000)]) {
      const socket = await ask('GET', '/objects');
      const read = reads(socket);
      expect((await pull())?.status).toBe(503);
      await expect.poll(async () => (await pull())?.status, { timeout: 60_000, interval: 500 }).toBe(200);
      socket.destroy();
      await read;
    }
  }, 180_000);
});

it('settings have defaults and bounds', () => {
  const { limits } = readConfig({});
  expect(limits).toMatchObject({ minRate: 32_768, answerTimeout: 1_800_000 });
  expect(limits.unread).toEqual({ perRegistrar: 33_554_432, inAll: 134_217_728 });
  expect(() => readConfig({ SPPP_LEAST_RATE: '-1' })).toThrow(
    'SPPP_LEAST_RATE=-1: a whole number from 0 to 1000000000',
  );
  expect(() => readConfig({ SPPP_ANSWER_TIMEOUT: '1' })).toThrow('SPPP_ANSWER_TIMEOUT=1: a whole number from 100');
  expect(() => readConfig({ SPPP_UNREAD_IN_ALL: 'x' })).toThrow('SPPP_UNREAD_IN_ALL=x: a whole number from 0');
});
