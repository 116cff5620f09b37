/** The history of an object in the console: each request that changed it, and what it changed, field by field. */

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { addGrant } from '../../src/registry/access/administration.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { b, expectDone, ref, sedGrp, TestClock, uriRec } from '../support/carrier.js';
import { addRequest, destGrp, obj, objKey, tn } from '../support/message.js';
import { PageReader } from '../support/page-reader.js';
import { offer, offerKey, party } from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const clock = new TestClock();
let server: TestServer;
const readers = new Map<string, PageReader>();

beforeAll(async () => {
  server = await startServer({
    clock: clock.read,
    settings: { SPPP_KEEP_REQUESTS_KEY: randomBytes(32).toString('hex') },
  });
  const { prisma } = server.deps.database;
  await addOperator(prisma, { username: 'olga', role: 'viewer', ...secretsOf('olga', 'olga') });
  await addGrant(prisma, 'iana-en:226', 'iana-en:222');
  const ssp2 = party(server, 'ssp2r');
  const group = (content: string, priority: number) => obj('SedGrpType', sedGrp('Group', content, priority));
  expectDone(
    await ssp2.add(
      destGrp('DG_A'),
      destGrp('DG_B'),
      obj('URIType', uriRec('REC')),
      group(ref('REC', 1) + b('dgName', 'DG_A'), 10),
      offer('GROUP', 'iana-en:111'),
    ),
  );
  clock.tick();
  expectDone(await ssp2.add(group(ref('REC', 1) + b('dgName', 'DG_B'), 20)));
  clock.tick();
  // A request that fails, a dry run, and one that fails in part for this object leave nothing.
  await ssp2.add(group(ref('NO_SUCH', 1), 30));
  await party(server, 'ssp2r', '/sppp/validate').add(group('', 31));
  await party(server, 'ssp2r', '/sppp/partial').add(destGrp('DG_C'), group(ref('NO_SUCH', 1), 32));
  clock.tick();
  const other = { rant: 'iana-en:222', rar: 'iana-en:226' };
  await server.post(addRequest(obj('SedGrpType', sedGrp('GROUP', ref('REC', 1) + b('dgName', 'DG_B'), 40), other)), {
    as: 'ssp4',
  });
  clock.tick();
  expectDone(await party(server, 'ssp1').accept(offerKey('GROUP', 'iana-en:111')));
  for (const username of ['olga', 'ssp1', 'ssp2r', 'ssp3', 'ssp4']) {
    const reader = new PageReader(server.url);
    expect((await reader.logIn(username, username)).status).toBe(303);
    readers.set(username, reader);
  }
});
afterAll(() => server.close());

async function history(username: string, key: string, more: Record<string, string> = {}) {
  const reader = readers.get(username) as PageReader;
  const { status, text } = await reader.get(`/console/history?${new URLSearchParams({ key, ...more })}`);
  return { status, text, words: text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ') };
}

const groupKey = 'sedGrp:iana-en:222:GROUP';

it('shows an operator each change with its time, its request, and the fields before and after', async () => {
  const { status, text, words } = await history('olga', groupKey);
  expect(status).toBe(200);
  expect(text.match(/<h2>/g)).toHaveLength(3);
  expect(words).toMatch(/priority 20 40/);
  expect(words).toMatch(/dgName DG_A DG_B .*priority 10 20/);
  expect(words).toContain('of iana-en:226');
  expect(words).toContain('the first one that is known');
  expect(words).not.toMatch(/priority \d+ 3[012]\b/);
  expect(text.match(/href="\/console\/request\?id=[0-9a-f-]{36}"/g)).toHaveLength(3);
});

it('shows a registrar the changes by its own requests', async () => {
  const { words } = await history('ssp2r', groupKey);
  expect(words).toMatch(/priority 10 20/);
  expect(words).not.toContain('iana-en:226');
  expect(words).toContain('Requests of other registrars are not looked at.');
  expect((await history('ssp4', groupKey)).words).toContain('40');
});

it('shows those who may not read the object nothing, not even a peer', async () => {
  const missing = await history('ssp3', 'sedGrp:iana-en:222:NO_SUCH');
  expect(await history('ssp3', groupKey)).toEqual(missing);
  expect(missing.status).toBe(404);
  expect((await history('ssp1', groupKey)).status).toBe(404);
});

it('tells of acceptances, deletions, and of an object that was added anew', async () => {
  const offered = await history('ssp2r', 'sedGrpOffer:iana-en:222:GROUP/iana-en:111');
  expect(offered.words).toContain('written');
  const accepted = await history('ssp1', 'sedGrpOffer:iana-en:222:GROUP/iana-en:111');
  expect(accepted.words).toContain('UTC accepted');
  const ssp2 = party(server, 'ssp2r');
  for (let life = 0; life < 2; life++) {
    clock.tick();
    expectDone(await ssp2.add(tn('+12025550199', ['DG_A'])));
    clock.tick();
    expectDone(
      await ssp2.del(
        `<objKey xsi:type="s:PubIdKeyType"><rant>iana-en:222</rant><number><b:value>+12025550199</b:value><b:type>TN</b:type></number></objKey>`,
      ),
    );
  }
  const { text, words } = await history('ssp2r', 'tn:iana-en:222:12025550199');
  expect(text.match(/<h2>/g)).toHaveLength(4);
  expect(words.match(/UTC deleted/g)).toHaveLength(2);
  expect(words.match(/which added it anew/g)).toHaveLength(1);
  expect(words).not.toContain('What it changed');
});

it('says of a request that is too long to be looked into that there is one', async () => {
  const names = Array.from({ length: 12_000 }, () => randomBytes(24).toString('hex'));
  expectDone(await party(server, 'ssp2r').add(destGrp('IN_A_LONG_ONE'), ...names.map((name) => destGrp(name))));
  const { words } = await history('olga', 'destGrp:iana-en:222:IN_A_LONG_ONE');
  expect(words).toContain('1 requests were not read: too long to be looked into here');
  expectDone(await party(server, 'ssp2r').del(objKey('DestGrp', 'IN_A_LONG_ONE')));
  expect((await history('olga', 'destGrp:iana-en:222:IN_A_LONG_ONE')).words).toContain('UTC deleted');
});

it.each([{ key: 'x' }, { key: groupKey, before: 'x' }])('names what is wrong with %j', async ({ key, ...more }) => {
  const { status, words } = await history('olga', key, more);
  expect(status).toBe(400);
  expect(words).toMatch(/“x”: .+\./);
});
