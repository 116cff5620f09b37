/** Webhooks that registrars, and operators for themselves, make and change in the console. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { listWebhooks } from '../../src/registry/webhooks/webhooks.js';
import type { Received } from '../support/digest-client.js';
import { PageReader } from '../support/page-reader.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const hostile = '"><script>alert(1)</script>';

let server: TestServer;
const readers = new Map<string, PageReader>();

beforeAll(async () => {
  server = await startServer({ backgroundJobs: false, settings: { SPPP_WEBHOOKS_PER_ORGANIZATION: '2' } });
  const { prisma } = server.deps.database;
  for (const role of ['viewer', 'operator', 'administrator'] as const) {
    await addOperator(prisma, { username: role, role, ...secretsOf(role, role) });
  }
  for (const username of ['viewer', 'operator', 'administrator', 'ssp1', 'ssp4']) {
    const reader = new PageReader(server.url);
    expect((await reader.logIn(username, username)).status).toBe(303);
    readers.set(username, reader);
  }
});
afterAll(() => server.close());

const reader = (username: string) => readers.get(username) as PageReader;
const page = (username: string, path: string) => reader(username).get(`/console/${path}`);
const press = (username: string, path: string, fields: Record<string, string> = {}) =>
  reader(username).postFrom('/console', `/console/${path}`, fields);
const all = () => listWebhooks(server.deps.database.pool, 'anybody');
const add = (username: string, url: string, types = '') => press(username, 'webhooks', { url, types });
const secretIn = ({ status, text }: Received) => {
  expect(status).toBe(200);
  return /<pre>(whsec_[^<]+)<\/pre>/.exec(text)?.[1];
};
const secretOf = async (id: number) =>
  (await server.sql<{ secret: Buffer }>('SELECT secret FROM sppp.webhook WHERE id = $1', [id]))[0]?.secret;

describe('a registrar', () => {
  const url = 'https://carrier.example/events?token=of-the-carrier';
  let id = 0;

  it('makes a webhook, and is shown its secret once', async () => {
    expect((await page('ssp1', 'webhooks')).text).toContain('Make a webhook');
    const secret = secretIn(await add('ssp1', url, 'sppp.offer.*, sppp.grant.changed.v1'));
    const [made] = await all();
    expect(made).toMatchObject({ organization: 'iana-en:111', url, types: ['sppp.offer.*', 'sppp.grant.changed.v1'] });
    id = made?.id ?? 0;
    expect(secret).toBe(`whsec_${(await secretOf(id))?.toString('base64')}`);
    expect((await page('ssp1', `webhook?id=${id}`)).text).not.toContain('whsec_');
  });

  it.each([
    ['http://carrier.example/', '', 'an https URL'],
    ['javascript:alert(1)', '', 'an https URL'],
    [hostile, '', 'an https URL'],
    ['', '', 'an https URL'],
    ['https://127.0.0.1/', '', 'a host that is public'],
    ['https://carrier.example/', 'no.such.type', 'types of GET /events/schemas'],
  ])('makes none of %j with the types %j', async (wrong, types, rule) => {
    const { status, text } = await add('ssp1', wrong, types);
    expect(status).toBe(400);
    expect(text).toContain(rule);
    expect(text).not.toContain('<script');
    expect(await all()).toHaveLength(1);
  });

  it('gives it a new secret, and sees what that does first', async () => {
    const before = await secretOf(id);
    expect((await page('ssp1', `webhook/rotate?id=${id}`)).text).toContain('both secrets for 24 hours');
    expect(await secretOf(id)).toEqual(before);
    const secret = secretIn(await press('ssp1', `webhook/rotate?id=${id}`));
    expect(secret).toBe(`whsec_${(await secretOf(id))?.toString('base64')}`);
    const third = await press('ssp1', `webhook/rotate?id=${id}&overlap=week`);
    expect(third).toMatchObject({ status: 409, text: expect.stringContaining('It has two secrets until') });
    secretIn(await press('ssp1', `webhook/rotate?id=${id}&overlap=none`));
    expect((await all())[0]?.formerSecretUntil).toBeNull();
  });

  it('has a test event sent, and sent again', async () => {
    const done = await press('ssp1', `webhook/test?id=${id}`);
    expect(done).toMatchObject({ status: 303, headers: { location: `/console/webhook?id=${id}` } });
    const { text } = await page('ssp1', `webhook?id=${id}`);
    expect(text).toContain('sppp.webhook.test.v1');
    const [, again = ''] = /action="\/console\/(webhook\/redeliver[^"]+)"/.exec(text) ?? [];
    await server.sql(`UPDATE sppp.webhook_delivery SET state = 'failed', attempts = 3`);
    expect((await press('ssp1', again.replace('&amp;', '&'))).status).toBe(303);
    expect(await server.sql('SELECT state, attempts FROM sppp.webhook_delivery')).toEqual([
      { state: 'waiting', attempts: 0 },
    ]);
    expect((await press('ssp1', `webhook/redeliver?id=${id}&event=999999`)).status).toBe(404);
    expect((await press('ssp1', `webhook/redeliver?id=${id}`)).status).toBe(404);
  });

  it('has one that was disabled sent to again', async () => {
    await server.sql('UPDATE sppp.webhook SET disabled_at = now(), disabled_because = $1', [hostile]);
    const { text } = await page('ssp1', `webhook?id=${id}`);
    expect(text).toContain('Send to it again');
    expect(text).not.toContain('<script');
    expect((await press('ssp1', `webhook/test?id=${id}`)).status).toBe(409);
    expect((await press('ssp1', `webhook/enable?id=${id}`)).status).toBe(303);
    expect((await all())[0]?.disabledAt).toBeNull();
  });

  it('has as many as there may be', async () => {
    secretIn(await add('ssp1', 'https://carrier.example/other'));
    const { status, text } = await add('ssp1', 'https://carrier.example/third');
    expect(status).toBe(409);
    expect(text).toContain('There are 2 webhooks, as many as there may be.');
  });

  it('does nothing with those of others', async () => {
    for (const username of ['ssp4', 'administrator']) {
      for (const change of ['rotate', 'remove', 'enable', 'test', 'redeliver']) {
        expect((await press(username, `webhook/${change}?id=${id}&event=1`)).status).toBe(404);
      }
      for (const change of ['rotate', 'remove']) {
        expect((await page(username, `webhook/${change}?id=${id}`)).status).toBe(404);
      }
    }
    expect(await all()).toHaveLength(2);
  });

  it('removes it', async () => {
    expect((await page('ssp1', `webhook/remove?id=${id}`)).text).toContain('the record of its deliveries is deleted');
    expect((await press('ssp1', `webhook/remove?id=${id}`)).headers.location).toBe('/console/webhooks');
    expect((await press('ssp1', `webhook/remove?id=${id}`)).status).toBe(404);
    for (const wrong of ['0', '', '999999999999']) {
      expect((await press('ssp1', `webhook/remove?id=${wrong}`)).status).toBe(404);
    }
    expect(await all()).toHaveLength(1);
  });
});

describe('operators', () => {
  const url = 'https://alerts.example/sppp?token=of-operators';

  it.each(['viewer', 'operator'])('of the role %s see webhooks, and change none', async (username) => {
    const { status, text } = await page(username, 'webhooks');
    expect(status).toBe(200);
    expect(text).not.toContain('Make a webhook');
    expect((await add(username, url)).status).toBe(403);
    expect((await press(username, 'webhook/test?id=1')).status).toBe(403);
  });

  it('who are administrators change those of operators, on record without URL and secret', async () => {
    expect((await page('administrator', 'webhooks')).text).toContain('Make a webhook for operators');
    secretIn(await add('administrator', url));
    const made = (await all()).find(({ organization }) => organization === null);
    expect(made).toMatchObject({ url, types: null });
    secretIn(await press('administrator', `webhook/rotate?id=${made?.id}`));
    expect((await press('administrator', `webhook/test?id=${made?.id}`)).status).toBe(303);
    const others = (await all()).find(({ organization }) => organization !== null);
    expect((await page('administrator', `webhook?id=${others?.id}`)).text).not.toContain('New secret…');
    const records = await server.sql<{ target: string }>(
      `SELECT target FROM sppp_api.operator_request WHERE method = 'POST' AND username = 'administrator'`,
    );
    const targets = records.map(({ target }) => target);
    expect(targets).toEqual(expect.arrayContaining(['/console/webhooks', `/console/webhook/rotate?id=${made?.id}`]));
    expect(targets.join()).not.toMatch(/whsec|token/);
  });
});
