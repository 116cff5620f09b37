/** Events in the console: who reads which, the latest first. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { b, carrier, expectDone, ref, sedGrp, uriRec } from '../support/carrier.js';
import { destGrp, obj } from '../support/message.js';
import { PageReader } from '../support/page-reader.js';
import { offer } from '../support/peering.js';
import { type GivenEvent, publish, silenceCauses } from '../support/published-events.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

let server: TestServer;
const readers = new Map<string, PageReader>();

beforeAll(async () => {
  server = await startServer();
  await addOperator(server.deps.database.prisma, { username: 'vera', role: 'viewer', ...secretsOf('vera', 'vera') });
  for (const username of ['vera', 'ssp1', 'ssp2r', 'ssp4']) {
    const reader = new PageReader(server.url);
    expect((await reader.logIn(username, username)).status).toBe(303);
    readers.set(username, reader);
  }
});
afterAll(() => server.close());

const page = (username: string, parameters = '') =>
  (readers.get(username) as PageReader).get(`/console/events${parameters === '' ? '' : `?${parameters}`}`);
/** The table alone: the form has all types. */
const rows = async (username: string, parameters = '') =>
  /<tbody>(.*)<\/tbody>/s.exec((await page(username, parameters)).text)?.[1] ?? '';

it('a registrar sees what happened to its registrants, with links to the objects and its own requests', async () => {
  expectDone(
    await carrier(server).add(
      destGrp('DG_WEST'),
      obj('URIType', uriRec('REC')),
      obj('SedGrpType', sedGrp('GROUP', ref('REC', 1) + b('dgName', 'DG_WEST'))),
      offer('GROUP', 'iana-en:111'),
    ),
  );
  await expect
    .poll(() => rows('ssp1'), { timeout: 60_000, interval: 200 })
    .toContain('href="/console/object?key=sedGrpOffer%3Aiana-en%3A222%3Agroup%2Fiana-en%3A111"');
  const told = await rows('ssp1', 'type=sppp.offer.made.v1');
  expect(told).toContain('sppp.offer.made.v1');
  expect(told).toContain('iana-en:223');
  expect(told).not.toContain('/console/request?');
  expect(await rows('vera', 'type=sppp.offer.made.v1')).toMatch(/href="\/console\/request\?id=[0-9a-f-]{36}"/);
  const [, path = ''] = /href="(\/console\/object\?key=sedGrpOffer[^"]+)"/.exec(told) ?? [];
  expect((await (readers.get('ssp1') as PageReader).get(path)).status).toBe(200);
  expect(await rows('ssp4')).not.toContain('sppp.offer');
});

it('the way to it is on every page', async () => {
  for (const username of ['ssp4', 'vera']) expect((await page(username)).text).toContain('href="/console/events"');
});

it.each([
  ['type=sppp.offer', 'type “sppp.offer”: one of'],
  ['type=%3Cscript%3E', 'type “&lt;script>”: one of'],
  ['before=x', 'before “x”: a whole number'],
  ['before=-5', 'before “-5”: a whole number'],
  ['before=99999999999999999999', 'a whole number'],
  ['before=1%00a', 'before “1a”: a whole number'],
  ['type=a&type=b', 'type: once'],
  ['before=1&before=x', 'before: once'],
])('%s is refused, and what it should be is said', async (parameters, fault) => {
  const { status, text } = await page('ssp2r', parameters);
  expect(status).toBe(400);
  expect(text).toContain(fault);
  expect(text).not.toContain('<script');
});

it.each(['before=0', 'before=1', 'before=999999999999999', 'type=&before='])('%s is answered', async (parameters) => {
  for (const username of ['ssp4', 'vera']) expect((await page(username, parameters)).status).toBe(200);
});

it('only those who are signed in read any', async () => {
  const { status, headers } = await new PageReader(server.url).get('/console/events');
  expect(status).toBe(303);
  expect(headers.location).toContain('/console/login');
});

it('hostile texts are shown as text, and lead nowhere', async () => {
  const hostile = '"><script>alert(1)</script><img src=x>';
  await publish(server, { to: 'iana-en:226', subject: hostile, data: { [hostile]: hostile, list: [hostile] } });
  const told = await rows('ssp4');
  expect(told).toContain('&lt;script>');
  expect(told).not.toMatch(/<script|<img|<a /);
});

// Many given events, and nothing else: the last tests of this file.
const about = (number: number, more: Partial<GivenEvent> = {}): GivenEvent => ({
  ...{ to: 'iana-en:222', type: 'sppp.claim.lost.v1', noun: 'PubId', subject: `tn:iana-en:222:${7000 + number}` },
  ...more,
});

it('the latest are first, and older ones follow page by page', async () => {
  await silenceCauses(server);
  await publish(server, ...Array.from({ length: 120 }, (_, index) => about(index)));
  const seen: string[] = [];
  let path: string | undefined = 'type=sppp.claim.lost.v1';
  while (path !== undefined && seen.length < 200) {
    const { text } = await page('ssp2r', path);
    seen.push(...[...text.matchAll(/>tn:iana-en:222:(\d+)<\/a>/g)].map(([, number = '']) => number));
    path = /href="\/console\/events\?([^"]*before=[^"]*)"/.exec(text)?.[1]?.replaceAll('&amp;', '&');
  }
  expect(seen).toEqual(Array.from({ length: 120 }, (_, index) => String(7119 - index)));
});

it('each reads its own: registrants by grants, operators all', async () => {
  await publish(server, about(900, { to: 'iana-en:225' }), { to: null, subject: 'for-operators' });
  const own = await rows('ssp2r');
  expect(own).not.toContain('7900');
  expect(own).not.toContain('for-operators');
  const all = await rows('vera');
  expect(all).toContain('7900');
  expect(all).toContain('for-operators');
  expect(all).toContain('operators</td>');
});

it('a reader of few among very many gets on, though a page may be empty', async () => {
  await publish(server, about(950, { to: 'iana-en:226' }));
  await server.sql(
    `WITH horizon AS (UPDATE sppp.event_horizon SET published = published + 120000 RETURNING published)
     INSERT INTO sppp.event (position, type, organization_id, noun, subject, happened_at, published_at, data)
     SELECT published - 120000 + n, 'sppp.claim.lost.v1', (SELECT id FROM sppp.organization WHERE org_id = 'iana-en:222'),
            'PubId', 'tn:iana-en:222:1', now(), now(), '{}' FROM horizon, generate_series(1, 120000) n`,
  );
  const first = (await page('ssp4')).text;
  expect(first).toContain('There is no such event among those looked at so far.');
  const [, next = ''] = /href="\/console\/events\?([^"]*before=[^"]*)"/.exec(first) ?? [];
  expect(await rows('ssp4', next.replaceAll('&amp;', '&'))).toContain('7950');
});

it('what was deleted because of its age is not there, and not looked for', async () => {
  await server.sql('UPDATE sppp.event_horizon SET forgotten = published; DELETE FROM sppp.event');
  const { status, text } = await page('vera');
  expect(status).toBe(200);
  expect(text).toContain('There is no such event.');
});
