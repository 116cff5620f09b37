/** Who peers with whom: to operators all of it, to registrars what their grants give. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

/** The last table of a page, row by row. */
function rowsOf(html: string): string[] {
  const table = html.slice(html.lastIndexOf('<table>'));
  return [...table.matchAll(/<tr>(.*?)<\/tr>/gs)].slice(1).map(([, row = '']) =>
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

describe('many organizations', () => {
  const peers = Array.from({ length: 70 }, (_, index) => `iana-en:${7000 + index}`);
  const [first = '', second = ''] = peers;
  beforeAll(async () => {
    const { prisma } = server.deps.database;
    for (const peer of peers) await addOrganization(prisma, peer, '');
    expectDone(await carrier(server).add(...peers.map((peer) => offer('TWO', peer))));
    expectDone(await carrier(server).add(...peers.slice(0, 58).map((peer) => offer('THREE', peer))));
  });

  it('are a matrix of those with the most offers, whose cells lead to the groups, and a table of all', async () => {
    const all = await page('olga');
    expect(all).toContain('There are too many organizations here for a picture');
    expect(all).toContain('These are the organizations with the most offers');
    expect(all).not.toContain('<svg');
    expect(rowsOf(all)).toHaveLength(72);
    const [matrix = ''] = /<div class="matrix">.*?<\/div>/s.exec(all) ?? [];
    const heads = [...matrix.matchAll(/<th scope="(col|row)"><a href="([^"]+)">([^<]+)</g)];
    const [columns, rows] = ['col', 'row'].map((scope) =>
      heads.filter(([, each]) => each === scope).map(([, , , id]) => id),
    );
    expect(rows).toEqual(['iana-en:222']);
    expect(columns).toHaveLength(60);
    expect(columns).toEqual(expect.arrayContaining(['iana-en:111', first, peers[57]]));
    const link = (to: string) => peeringPath('iana-en:222', to).replace('&', '&amp;');
    expect(matrix).toContain(`<td data-name="iana-en:111"><a href="${link('iana-en:111')}">2 + 1</a></td>`);
    expect(matrix).toContain(`<td data-name="${second}"><a href="${link(second)}">0 + 2</a></td>`);
  });

  it('are a picture of the neighbours where one is chosen', async () => {
    const one = await page('olga', 'iana-en:7069');
    expect(one).toContain('<svg');
    expect(rowsOf(one)).toEqual(['iana-en:222 iana-en:7069 0 1 groups']);
  });

  it('are a matrix of what a registrar may see', async () => {
    expect(await page('ssp2r')).toContain('<div class="matrix">');
    expect(await page('ssp1')).not.toContain('<div class="matrix">');
  });
});
