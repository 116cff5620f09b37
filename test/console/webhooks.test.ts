/** Webhooks and agreements in the console: who sees which of them, and the outcome of deliveries. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { makeAgreement } from '../../src/registry/access/agreements.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { PageReader } from '../support/page-reader.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const hostile = '"><script>alert(1)</script><img src=x>';

let server: TestServer;
const readers = new Map<string, PageReader>();

beforeAll(async () => {
  server = await startServer({ backgroundJobs: false });
  await addOperator(server.deps.database.prisma, { username: 'vera', role: 'viewer', ...secretsOf('vera', 'vera') });
  const add = (organization: string | null, url: string, more = '') =>
    server.sql(
      `INSERT INTO sppp.webhook (organization_id, url, types, secret${more === '' ? '' : ', disabled_at, disabled_because'})
       VALUES ((SELECT id FROM sppp.organization WHERE org_id = $1), $2, '{}', 'secret-of-a-webhook-0123'${more})`,
      [organization, url],
    );
  await add('iana-en:111', 'https://one.example/sppp');
  await add('iana-en:223', `https://two.example/sppp?${encodeURIComponent(hostile)}`, `, now(), $q$${hostile}$q$`);
  await add(null, 'https://operators.example/sppp');
  await server.sql(
    `INSERT INTO sppp.event (position, type, organization_id, subject, happened_at, data, noun)
     SELECT n, 'sppp.offer.made.v1', o.id, 'organization:iana-en:111', now(), '{}', 'SedGrpOffer'
       FROM sppp.organization o, generate_series(1001, 1103) n WHERE o.org_id = 'iana-en:111'`,
  );
  await server.sql(
    `UPDATE sppp.webhook_delivery SET state = 'failed', attempts = 7, http_status = 503, answer = $1, attempted_at = now(),
            milliseconds = 41`,
    [hostile],
  );
  const agreement = { offeredTo: 'iana-en:111', offeredBy: 'iana-en:222', pattern: 'GRP_*' };
  await makeAgreement(server.deps.database.pool, agreement, { onBehalfOf: hostile }, new Date());
  for (const username of ['vera', 'ssp1', 'ssp2r', 'ssp4']) {
    const reader = new PageReader(server.url);
    expect((await reader.logIn(username, username)).status).toBe(303);
    readers.set(username, reader);
  }
});
afterAll(() => server.close());

const page = (username: string, path: string) => (readers.get(username) as PageReader).get(`/console/${path}`);
const idOf = async (url: string) =>
  (await server.sql<{ id: number }>('SELECT id FROM sppp.webhook WHERE url = $1', [url]))[0]?.id;

describe('webhooks', () => {
  it('are all there for operators, for a registrar its own', async () => {
    const all = (await page('vera', 'webhooks')).text;
    for (const each of ['one.example', 'two.example', 'operators.example']) expect(all).toContain(each);
    expect(all).toContain('disabled');
    expect(all).not.toContain('<script>');
    const own = (await page('ssp1', 'webhooks')).text;
    expect(own).toContain('one.example');
    expect(own).not.toMatch(/two\.example|operators\.example/);
    expect((await page('ssp4', 'webhooks')).text).toContain('There is no webhook.');
  });

  it('have their deliveries, page by page', async () => {
    const id = await idOf('https://one.example/sppp');
    const { status, text } = await page('ssp1', `webhook?id=${id}`);
    expect(status).toBe(200);
    expect(text.match(/>503<\/td>/g)).toHaveLength(100);
    expect(text).toContain('41 ms');
    expect(text).not.toContain('<script>');
    const [, older = ''] = /href="\/console\/(webhook\?id=\d+&amp;before=\d+)"/.exec(text) ?? [];
    const next = await page('ssp1', older.replace('&amp;', '&'));
    expect(next.text.match(/>503<\/td>/g)).toHaveLength(3);
  });

  it('of others are not there', async () => {
    const id = await idOf('https://one.example/sppp');
    expect((await page('ssp4', `webhook?id=${id}`)).status).toBe(404);
    expect((await page('vera', `webhook?id=${id}`)).status).toBe(200);
    for (const wrong of ['0', '999999999999', '4294967297']) {
      expect((await page('vera', `webhook?id=${wrong}`)).status).toBe(404);
    }
    expect((await page('vera', 'webhook?id=x')).status).toBe(400);
  });

  it('show no secret', async () => {
    const id = await idOf('https://one.example/sppp');
    for (const path of ['webhooks', `webhook?id=${id}`]) {
      expect((await page('vera', path)).text).not.toMatch(/secret-of|whsec_/);
    }
  });
});

describe('agreements', () => {
  it('are there for operators and for who may accept for the recipient', async () => {
    for (const username of ['vera', 'ssp1']) {
      const { text } = await page(username, 'agreements');
      expect(text).toContain('GRP_*');
      expect(text).not.toContain('<script>');
    }
    expect((await page('ssp2r', 'agreements')).text).toContain('There is no agreement.');
  });

  it('that were withdrawn are there when asked for', async () => {
    await server.sql(`UPDATE sppp.standing_agreement SET withdrawn_at = now(), withdrawn_by = 'olga'`);
    expect((await page('vera', 'agreements')).text).toContain('There is no agreement.');
    expect((await page('vera', 'agreements?withdrawn=yes')).text).toContain('olga');
  });
});
