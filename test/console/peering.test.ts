/** Who peers with whom: to operators all of it, to registrars what their grants give. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { peeringPath } from '../../src/console/paths.js';
import { addOrganization } from '../../src/registry/access/administration.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { carrier, expectDone, sedGrp } from '../support/carrier.js';
import { obj } from '../support/message.js';
import { PageReader } from '../support/page-reader.js';
import { offer, offerKey, party } from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

let server: TestServer;
const readers = new Map<string, PageReader>();

beforeAll(async () => {
  server = await startServer();
  await addOperator(server.deps.database.prisma, { username: 'olga', role: 'viewer', ...secretsOf('olga', 'olga') });
  const names = ['ONE', 'TWO', 'THREE'];
  expectDone(
    await carrier(server).add(
      ...names.map((name) => obj('SedGrpType', sedGrp(name))),
      ...names.map((name) => offer(name, 'iana-en:111')),
      offer('ONE', 'iana-en:225'),
    ),
  );
  expectDone(await party(server, 'ssp1').accept(offerKey('ONE', 'iana-en:111'), offerKey('TWO', 'iana-en:111')));
  for (const username of ['olga', 'ssp1', 'ssp2r', 'ssp3', 'ssp4']) {
    const reader = new PageReader(server.url);
    expect((await reader.logIn(username, username)).status).toBe(303);
    readers.set(username, reader);
  }
});
afterAll(() => server.close());

const page = async (username: string, ...asked: string[]) =>
  (await (readers.get(username) as PageReader).get(peeringPath(...asked))).text;

/** The first table of a page, row by row. */
function rowsOf(html: string): string[] {
  return [...html.matchAll(/<tr>(.*?)<\/tr>/gs)].slice(1).map(([, row = '']) =>
    row
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim(),
  );
}

it('operators see all pairs, in a picture whose nodes and lines lead on, and in a table', async () => {
  const text = await page('olga');
  expect(rowsOf(text)).toEqual(['iana-en:222 iana-en:111 2 1 groups', 'iana-en:222 iana-en:225 0 1 groups']);
  const [svg = ''] = /<svg.*?<\/svg>/s.exec(text) ?? [];
  expect(svg).toContain('>2 accepted</text>');
  expect(svg).toContain('>1 waiting</text>');
  expect(svg).toContain(` href="${peeringPath('iana-en:225')}"`);
  expect(svg).toContain(` href="${peeringPath('iana-en:222', 'iana-en:111').replace('&', '&amp;')}"`);
});

it('registrars see the offers of which their grants give them a side', async () => {
  expect(rowsOf(await page('ssp1'))).toEqual(['iana-en:222 iana-en:111 2 1 groups']);
  expect(rowsOf(await page('ssp2r'))).toHaveLength(2);
  expect(rowsOf(await page('ssp3', 'iana-en:222'))).toEqual(['iana-en:222 iana-en:225 0 1 groups']);
  expect(await page('ssp4')).toContain('There is no such offer that you may see.');
  expect(await page('ssp4', 'iana-en:222')).toContain('There is no such offer that you may see.');
  expect(await page('ssp3', 'iana-en:222', 'iana-en:111')).toContain('There is no such offer that you may see.');
});

it('the groups between two organizations lead to their offers', async () => {
  for (const [organization, peer] of [
    ['iana-en:222', 'iana-en:111'],
    ['iana-en:111', 'iana-en:222'],
  ] as const) {
    const text = await page('ssp1', organization, peer);
    expect(rowsOf(text)).toEqual([
      'ONE iana-en:222 iana-en:111 accepted',
      'THREE iana-en:222 iana-en:111 offered',
      'TWO iana-en:222 iana-en:111 accepted',
    ]);
    expect(text).toContain('/console/object?key=sedGrpOffer%3Aiana-en%3A222%3AONE%2Fiana-en%3A111');
  }
});

it.each(['iana-en:999', '', "'; DROP TABLE sppp.organization; --", '\0', '<svg onload=alert(1)>', 'x'.repeat(3000)])(
  'an organization called %j has no offers that anybody may see',
  async (organization) => {
    const text = await page('olga', organization, 'iana-en:998');
    expect(text).toContain('There is no such offer that you may see.');
    expect(text).not.toContain('<svg onload');
  },
);

it('many organizations are a table, and the neighbours of one are a picture', async () => {
  const { prisma } = server.deps.database;
  const peers = Array.from({ length: 45 }, (_, index) => `iana-en:${7000 + index}`);
  for (const peer of peers) await addOrganization(prisma, peer, '');
  expectDone(await carrier(server).add(...peers.map((peer) => offer('TWO', peer))));
  const all = await page('olga');
  expect(all).toContain('There are too many organizations here for a picture');
  expect(all).not.toContain('<svg');
  expect(rowsOf(all)).toHaveLength(47);
  const one = await page('olga', 'iana-en:7044');
  expect(one).toContain('<svg');
  expect(rowsOf(one)).toEqual(['iana-en:222 iana-en:7044 0 1 groups']);
});
