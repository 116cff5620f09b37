/** `/webhooks`: a registrar's own, over HTTP. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DigestClient, sendJson } from '../support/digest-client.js';
import { silenceCauses } from '../support/published-events.js';
import { startServer, type TestServer } from '../support/server.js';
import { publishFor } from '../support/webhooks.js';

const url = 'https://carrier.example/events';
let server: TestServer;
const clients = new Map<string, DigestClient>();
beforeAll(async () => {
  // The name server is nobody: nothing is sent.
  server = await startServer({
    settings: { SPPP_WEBHOOKS_PER_ORGANIZATION: '3', SPPP_WEBHOOK_NAME_SERVERS: '127.0.0.1:9' },
  });
  await silenceCauses(server);
  for (const username of ['ssp1', 'ssp3']) clients.set(username, new DigestClient({ username, password: username }));
});
afterAll(() => server.close());

const ask = (method: string, path: string, body?: unknown, as = 'ssp1') =>
  sendJson(clients.get(as) as DigestClient, server.url + path, method, body);

async function made(body: object = { url }, as = 'ssp1'): Promise<{ id: number; secret: string }> {
  const { status, body: webhook } = await ask('POST', '/webhooks', body, as);
  expect(status).toBe(201);
  return webhook;
}

async function published(organization: string): Promise<number> {
  const [position = 0] = await publishFor(server, [{ organization }]);
  return position;
}

async function removeAll(as = 'ssp1') {
  const { body } = await ask('GET', '/webhooks', undefined, as);
  for (const { id } of body.webhooks) expect((await ask('DELETE', `/webhooks/${id}`, undefined, as)).status).toBe(204);
}

it('is made, listed without its secret, shown and removed', async () => {
  const { status, headers, body } = await ask('POST', '/webhooks', {
    url,
    types: ['sppp.offer.*', 'sppp.peer.lost.v1'],
  });
  expect([status, headers.location, headers['cache-control']]).toEqual([201, `/webhooks/${body.id}`, 'no-store']);
  const { secret, ...webhook } = body;
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(webhook).toEqual({
    ...{ id: expect.any(Number), url, types: ['sppp.offer.*', 'sppp.peer.lost.v1'], createdAt: expect.any(String) },
    ...{ formerSecretUntil: null, failingSince: null, disabledAt: null, disabledBecause: null },
  });
  expect((await ask('GET', '/webhooks')).body).toEqual({ webhooks: [webhook] });
  expect((await ask('GET', `/webhooks/${webhook.id}`)).body).toEqual(webhook);
  await removeAll();
  expect((await ask('GET', '/webhooks')).body).toEqual({ webhooks: [] });
  expect((await ask('GET', `/webhooks/${webhook.id}`)).status).toBe(404);
});

describe('refuses', () => {
  it.each([
    ['url', { url: 'http://carrier.example/' }],
    ['url', { url: 'https://user:word@carrier.example/' }],
    ['url', { url: 'https://carrier.example/#here' }],
    ['url', { url: 'ftp://carrier.example/' }],
    ['url', { url: 'https://carrier.example:0/' }],
    ['url', { url: 'no URL' }],
    ['url', { url: 7 }],
    ['url', {}],
    ['url', { url: `https://carrier.example/${'a'.repeat(2000)}` }],
    ['url', { url: 'https://127.0.0.1/' }],
    ['url', { url: 'https://0x7f.1/' }],
    ['url', { url: 'https://[::ffff:10.0.0.1]/' }],
    ['url', { url: 'https://169.254.169.254/latest/meta-data' }],
    ['types', { url, types: [] }],
    ['types', { url, types: ['sppp.nothing.v1'] }],
    ['types', { url, types: 'sppp.offer.made.v1' }],
    ['types', { url, types: [7] }],
    ['secret', { url, secret: 'whsec_AAAA' }],
  ])('%s of %j', async (field, given) => {
    const { status, body } = await ask('POST', '/webhooks', given);
    expect([status, body.field]).toEqual([400, field]);
    expect(Object.keys(body)).toEqual(['field', 'value', 'rule']);
  });

  it.each([
    ['GET', ''],
    ['POST', ''],
    ['GET', '/1'],
    ['DELETE', '/1'],
    ['POST', '/1/rotate'],
    ['POST', '/1/enable'],
    ['POST', '/1/test'],
    ['GET', '/1/deliveries'],
    ['POST', '/1/deliveries/1/redeliver'],
  ])('an unknown parameter of %s /webhooks%s', async (method, path) => {
    const { status, body } = await ask(method, `/webhooks${path}?foo=1`);
    const rule = path === '/1/rotate' ? 'overlap only' : path === '/1/deliveries' ? 'before only' : 'no parameters';
    expect([status, body]).toEqual([400, { field: 'foo', value: '1', rule }]);
  });

  it('what is no JSON object', async () => {
    for (const given of [[], 'text', null]) expect((await ask('POST', '/webhooks', given)).status).toBe(400);
    const plain = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}' };
    expect((await (clients.get('ssp1') as DigestClient).send(`${server.url}/webhooks`, plain)).status).toBe(415);
  });

  it('more than there may be, also at once', async () => {
    const asked = await Promise.all(Array.from({ length: 6 }, () => ask('POST', '/webhooks', { url })));
    expect(asked.map(({ status }) => status).sort()).toEqual([201, 201, 201, 409, 409, 409]);
    await removeAll();
  });
});

it('those of others are like unknown ones', async () => {
  const { id } = await made({ url }, 'ssp3');
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/rotate'],
    ['POST', '/enable'],
    ['POST', '/test'],
    ['GET', '/deliveries'],
    ['POST', '/deliveries/1/redeliver'],
  ] as const) {
    const [others, unknown] = [
      await ask(method, `/webhooks/${id}${path}`),
      await ask(method, `/webhooks/999999${path}`),
    ];
    expect([others.status, others.body]).toEqual([404, unknown.body]);
  }
  expect((await ask('GET', '/webhooks/abc')).status).toBe(404);
  expect((await ask('GET', '/webhooks', undefined, 'ssp3')).body.webhooks).toHaveLength(1);
  await removeAll('ssp3');
});

it('a new secret, and until when the former one signs', async () => {
  const { id, secret } = await made();
  const { body } = await ask('POST', `/webhooks/${id}/rotate`);
  expect(body.secret).not.toBe(secret);
  const hours = (Date.parse(body.formerSecretUntil) - Date.now()) / 3_600_000;
  expect(hours).toBeGreaterThan(23);
  // A third one would end the first before its time.
  const third = await ask('POST', `/webhooks/${id}/rotate?overlap=1`);
  expect([third.status, third.body]).toEqual([
    409,
    expect.stringContaining(`two secrets until ${body.formerSecretUntil};`),
  ]);
  expect((await ask('GET', `/webhooks/${id}`)).body.formerSecretUntil).toBe(body.formerSecretUntil);
  expect((await ask('POST', `/webhooks/${id}/rotate?overlap=0`)).body.formerSecretUntil).toBeNull();
  const both = await Promise.all([1, 2].map(() => ask('POST', `/webhooks/${id}/rotate`)));
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  expect((await ask('POST', `/webhooks/${id}/rotate?overlap=721`)).body).toMatchObject({
    field: 'overlap',
    value: '721',
  });
  await removeAll();
});

it('deliveries, a test and an event once more', async () => {
  const early = await published('iana-en:111');
  const { id } = await made();
  expect((await ask('GET', `/webhooks/${id}/deliveries`)).body).toEqual({ deliveries: [] });
  const { status, body } = await ask('POST', `/webhooks/${id}/test`);
  expect(status).toBe(202);
  const eventsOf = async (path = '') =>
    (await ask('GET', `/webhooks/${id}/deliveries${path}`)).body.deliveries.map(
      ({ event }: { event: number }) => event,
    );
  expect(await eventsOf()).toEqual([body.event]);
  // An event from before the webhook.
  expect((await ask('POST', `/webhooks/${id}/deliveries/${early}/redeliver`)).status).toBe(202);
  expect(await eventsOf()).toEqual([body.event, early]);
  expect(await eventsOf(`?before=${body.event}`)).toEqual([early]);
  expect((await ask('GET', `/webhooks/${id}/deliveries?before=x`)).body.field).toBe('before');
  // One that is not for it, one that is not there.
  const others = await published('iana-en:225');
  for (const event of [others, 999_999, 'x']) {
    expect((await ask('POST', `/webhooks/${id}/deliveries/${event}/redeliver`)).status).toBe(404);
  }
  await server.sql(`SELECT sppp.disable_webhook($1, 'of a test')`, [id]);
  expect((await ask('POST', `/webhooks/${id}/test`)).status).toBe(409);
  expect((await ask('GET', `/webhooks/${id}`)).body.disabledBecause).toBe('of a test');
  expect((await ask('POST', `/webhooks/${id}/enable`)).body.disabledAt).toBeNull();
  await removeAll();
});
