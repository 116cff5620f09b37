/** Receivers that answer badly, or not at all, and addresses that must not be reached. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { type NameServer, startNameServer } from '../support/name-server.js';
import { silenceCauses } from '../support/published-events.js';
import { startServer, type TestServer } from '../support/server.js';
import { type Receiver, startReceiver, strange } from '../support/webhook-receiver.js';
import { authorityFile, deliveriesOf, makeWebhook, publishFor, triedOf, WAIT } from '../support/webhooks.js';

const TIMEOUT_MS = 240_000;
const ca = authorityFile();
const receivers: Receiver[] = [];
let names: NameServer;
let server: TestServer;
beforeAll(async () => {
  names = await startNameServer({
    localhost: ['127.0.0.1'],
    'private.test': ['10.1.2.3'],
    'metadata.test': ['169.254.169.254'],
    'other.test': ['127.0.0.1'],
    'mixed.test': ['127.0.0.1', '127.0.0.2'],
  });
  server = await startServer({
    settings: {
      ...{ SPPP_WEBHOOK_NETWORKS: '127.0.0.1', SPPP_WEBHOOK_CA: ca.path, SPPP_WEBHOOK_NAME_SERVERS: names.address },
    },
  });
  await silenceCauses(server);
}, TIMEOUT_MS);
afterAll(async () => {
  for (const receiver of receivers) await receiver.close();
  await server?.close();
  await names?.close();
  ca.remove();
});

async function receiver(answer?: Receiver['answer'], ...how: Parameters<typeof startReceiver>): Promise<Receiver> {
  const started = await startReceiver(...how);
  if (answer !== undefined) started.answer = answer;
  receivers.push(started);
  return started;
}

/** Sends one event to a new webhook, and returns the outcome of the first attempt. */
async function firstAttempt(url: string) {
  await server.sql('DELETE FROM sppp.webhook');
  const webhook = await makeWebhook(server, 'iana-en:225', url);
  await publishFor(server, [{ organization: 'iana-en:225' }]);
  const [tried] = await triedOf(server, webhook);
  return tried;
}

it('500: tried again later', { timeout: TIMEOUT_MS }, async () => {
  const { url, received } = await receiver((response) => response.writeHead(500).end('out of\u001b order'));
  expect(await firstAttempt(url)).toMatchObject({
    ...{ state: 'waiting', attempts: 1, http_status: 500, failure: 'HTTP 500' },
    answer: 'out of\\u001b order',
  });
  await expect.poll(() => received.length, WAIT).toBe(2);
  expect(received[1]?.headers['webhook-id']).toBe(received[0]?.headers['webhook-id']);
});

it('a connection that is closed', { timeout: TIMEOUT_MS }, async () => {
  const { url } = await receiver((response) => response.socket?.destroy());
  expect(await firstAttempt(url)).toMatchObject({ state: 'waiting', http_status: null, failure: 'socket hang up' });
});

it('an idle connection that closes as it is used again: the request is sent once more, at once', {
  timeout: TIMEOUT_MS,
}, async () => {
  const closing = await receiver();
  expect(await firstAttempt(closing.url)).toMatchObject({ state: 'delivered' });
  let hasClosed = false;
  closing.answer = (response) => {
    if (hasClosed) return response.writeHead(204).end();
    hasClosed = true;
    response.socket?.destroy();
  };
  const [webhook] = await server.sql<{ id: number }>('SELECT id FROM sppp.webhook');
  await publishFor(server, [{ organization: 'iana-en:225' }]);
  await expect.poll(() => closing.received.length, WAIT).toBe(3);
  const [, second] = await triedOf(server, webhook as { id: number });
  expect([hasClosed, second]).toMatchObject([true, { state: 'delivered', attempts: 1 }]);
});

it('a redirect to another service is not followed', { timeout: TIMEOUT_MS }, async () => {
  const other = await receiver();
  const { url } = await receiver((response) => response.writeHead(307, { location: other.url }).end());
  expect(await firstAttempt(url)).toMatchObject({
    ...{ state: 'waiting', http_status: 307, failure: 'HTTP 307: redirects are not followed' },
  });
  expect(other.received).toEqual([]);
});

it('an answer of a gigabyte is not read', { timeout: TIMEOUT_MS }, async () => {
  const piece = Buffer.alloc(65_536, 'x');
  let sent = 0;
  let isClosed = false;
  const { url } = await receiver((response) => {
    response.writeHead(200);
    response.on('close', () => {
      isClosed = true;
    });
    const send = () => {
      while (sent < 1_073_741_824 && !response.destroyed) {
        sent += piece.length;
        if (!response.write(piece)) return response.once('drain', send);
      }
    };
    send();
  });
  const tried = await firstAttempt(url);
  expect([tried?.state, tried?.answer?.length]).toEqual(['delivered', 1024]);
  await expect.poll(() => isClosed, WAIT).toBe(true);
  expect(sent).toBeLessThan(268_435_456);
});

it('a certificate that nobody trusts', { timeout: TIMEOUT_MS }, async () => {
  const { url, received } = await receiver(undefined, strange);
  expect(await firstAttempt(url)).toMatchObject({ http_status: null, failure: expect.stringMatching(/certificate/) });
  expect(received).toEqual([]);
});

it('a certificate for another name', { timeout: TIMEOUT_MS }, async () => {
  const { url } = await receiver();
  const { port } = new URL(url);
  expect(await firstAttempt(`https://other.test:${port}/`)).toMatchObject({
    failure: expect.stringMatching(/other\.test\. is not in the cert/),
  });
  expect(await firstAttempt(`https://localhost:${port}/`)).toMatchObject({ state: 'delivered' });
  expect(names.asked.get('localhost')).toBe(1);
});

it('names and addresses that lead inside are not reached', { timeout: TIMEOUT_MS }, async () => {
  for (const [url, failure] of [
    ['https://private.test/', 'private.test does not resolve, or not to public addresses alone'],
    ['https://metadata.test/', 'metadata.test does not resolve, or not to public addresses alone'],
    ['https://mixed.test/', 'mixed.test does not resolve, or not to public addresses alone'],
    // The same: nobody learns which names there are.
    ['https://nowhere.test/', 'nowhere.test does not resolve, or not to public addresses alone'],
    ['https://127.0.0.2/', '127.0.0.2 is not public'],
    ['https://[::1]/', '::1 is not public'],
    ['https://[::ffff:10.0.0.1]/', '::ffff:a00:1 is not public'],
  ] as const) {
    expect(await firstAttempt(url)).toMatchObject({ state: 'waiting', http_status: null, failure });
  }
  // Nobody listens there.
  expect(await firstAttempt('https://localhost:1/')).toMatchObject({ failure: 'ECONNREFUSED' });
});

it('one that never answers delays no other, and is asked less and less', { timeout: TIMEOUT_MS }, async () => {
  await server.sql('DELETE FROM sppp.webhook');
  const silent = await receiver(() => undefined);
  const good = await receiver();
  const webhooks = [];
  for (let count = 0; count < 10; count++) webhooks.push(await makeWebhook(server, 'iana-en:225', silent.url));
  const answering = await makeWebhook(server, 'iana-en:225', good.url);
  const events = Array.from({ length: 50 }, (_, n) => ({ organization: 'iana-en:225', subject: `offer ${n}` }));
  await publishFor(server, events);
  await expect.poll(() => good.received.length, WAIT).toBe(50);
  await expect
    .poll(async () => (await deliveriesOf(server, answering)).every(({ state }) => state === 'delivered'), WAIT)
    .toBe(true);
  const isResting = async () => {
    const rows = await server.sql('SELECT FROM sppp.webhook WHERE unanswered > 0 AND resting_until > now()');
    return rows.length > 0;
  };
  await expect.poll(isResting, WAIT).toBe(true);
  const [failed] = (await Promise.all(webhooks.map((webhook) => deliveriesOf(server, webhook))))
    .flat()
    .filter(({ attempts }) => attempts > 0);
  expect(failed?.failure).toBe('no answer within 9 s');
});
