/** The picture of a look-up, and what would change it: tried in a transaction of which nothing is left. */

import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examples } from '../../src/cli/demo-data.js';
import { secretsOf } from '../../src/cli/password.js';
import { whyPath } from '../../src/console/paths.js';
import { trialPage } from '../../src/console/why/trial-page.js';
import { Grants } from '../../src/model/grants.js';
import { tryChanges } from '../../src/operations/try-changes.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { b, carrier, expectDone, ref, sedGrp, TestClock, uriRec } from '../support/carrier.js';
import { destGrp, obj, tn } from '../support/message.js';
import { PageReader } from '../support/page-reader.js';
import { offer } from '../support/peering.js';
import { registryContents } from '../support/registry-contents.js';
import { startServer, type TestServer, type UserName } from '../support/server.js';
import '../support/long-timeouts.js';

const clock = new TestClock();
let server: TestServer;
const readers = new Map<string, PageReader>();
const readerOf = (username: string) => readers.get(username) as PageReader;

beforeAll(async () => {
  server = await startServer({ clock: clock.read, backgroundJobs: false });
  await addOperator(server.deps.database.prisma, { username: 'olga', role: 'viewer', ...secretsOf('olga', 'olga') });
  for (const { username, message } of await examples()) await server.post(message, { as: username as UserName });
  expectDone(
    await carrier(server).add(
      destGrp('DG_TRIED'),
      obj('URIType', uriRec('REC', 'sip:tried@example.com')),
      obj('SedGrpType', sedGrp('OFFERED', ref('REC', 1) + b('dgName', 'DG_TRIED'))),
      obj('SedGrpType', sedGrp('ALONE', ref('REC', 2) + b('dgName', 'DG_TRIED'))),
      tn('+12025559900', ['DG_TRIED']),
      offer('OFFERED', 'iana-en:111'),
    ),
  );
  for (const username of ['olga', 'ssp1', 'ssp2r', 'ssp4']) {
    const reader = new PageReader(server.url);
    expect((await reader.logIn(username, username)).status).toBe(303);
    readers.set(username, reader);
  }
});
afterAll(() => server.close());

describe('the way of a look-up', () => {
  it('is a picture with the reasons in words, and without style and script', async () => {
    const { text } = await readerOf('olga').get(whyPath('+12025550101', 'iana-en:111'));
    const [svg = ''] = /<svg.*?<\/svg>/s.exec(text) ?? [];
    expect(svg).toContain('role="img"');
    expect(svg).toContain('The way from +12025550101 to the answer for iana-en:111</title>');
    expect(svg).toContain('Solid lines lead to the');
    expect(svg).toContain('>INGRESS_EAST</text>');
    expect(svg).toContain('>Dropped: the SED group is not</text>');
    expect(svg).not.toMatch(/ style=|<script/);
    expect(text.length).toBeLessThan(100_000);
  });

  it('has no picture of what the visitor may not see', async () => {
    const { text } = await readerOf('ssp1').get(whyPath('+12025550101', 'iana-en:111'));
    expect(text).toContain('>INGRESS_EAST</text>');
    expect(text).not.toContain('INGRESS_TEST');
  });

  it('is there to copy by SQL, curl, the command, dig and SOAP', async () => {
    const { text } = await readerOf('olga').get(whyPath('+12025550101', 'iana-en:111'));
    for (const each of ['sppp_api.resolve(', 'curl --digest', 'sppp lookup', '1.0.1.0.5.5.5.2.0.2.1.e164.arpa NAPTR'])
      expect(text).toContain(each);
    expect(text).toContain('spppGetRequest');
  });

  it('is bounded where there are many candidates', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `MANY_${index}`);
    expectDone(
      await carrier(server).add(
        destGrp('DG_MANY'),
        ...names.map((name) => obj('SedGrpType', sedGrp(name, b('dgName', 'DG_MANY')))),
        tn('+12025559911', ['DG_MANY']),
      ),
    );
    const { text } = await readerOf('olga').get(whyPath('+12025559911', 'iana-en:111'));
    expect(text).toMatch(/The picture has \d+ of 61 candidates; the table has all\./);
    expect(text).toContain('MANY_59');
    expect(gzipSync(text).length, 'bytes over the wire').toBeLessThan(100_000);
  });
});

describe('what would change', () => {
  const [offered, alone] = ['sedGrp:iana-en:222:OFFERED', 'sedGrp:iana-en:222:ALONE'];
  const [offerKey, aloneOffer] = ['OFFERED', 'ALONE'].map((name) => `sedGrpOffer:iana-en:222:${name}/iana-en:111`);
  const asIs = { asker: 'iana-en:111', fields: {} as Record<string, string> };

  /** Sends the form of a look-up, and expects that nothing is left of it. */
  async function attempt(username: string, { asker, fields }: typeof asIs) {
    const path = whyPath('+12025559900', asker);
    await readerOf(username).get(path);
    const before = await registryContents(server);
    const { status, text } = await readerOf(username).postFrom('/console', path, fields);
    expect(await registryContents(server)).toEqual(before);
    const [, first = '', second = ''] = text.split(/<h2>(?:Before|After)<\/h2>/);
    return { status, text, before: first, after: second };
  }

  it('if an offer were accepted, is shown to its recipient', async () => {
    const fields = { offer: offerKey ?? '', accepted: offerKey ?? '' };
    const { status, text, before, after } = await attempt('ssp1', { ...asIs, fields });
    expect(status).toBe(200);
    expect(text).toContain('iana-en:111 accepts the SED group OFFERED of iana-en:222');
    expect(text).toContain('The answer would change.');
    expect(before).not.toContain('sip:tried@example.com');
    expect(after).toContain('sip:tried@example.com');
  });

  it('is shown to an operator, also if a group that is not offered were accepted', async () => {
    const fields = { offer: aloneOffer ?? '', accepted: aloneOffer ?? '' };
    const { after } = await attempt('olga', { ...asIs, fields });
    expect(after).toContain('ALONE (10)');
  });

  it('if a group went out of service or had another priority, is shown to its registrar', async () => {
    const asker = 'iana-en:222';
    const off = await attempt('ssp2r', { asker, fields: { group: offered, priority: '10' } });
    expect(off.before).toContain('OFFERED (10)');
    expect(off.after).not.toContain('OFFERED');
    const fields = { group: alone, inService: alone, priority: '3' };
    const first = await attempt('ssp2r', { asker, fields });
    expect(first.text).toContain('has priority 3 instead of 10');
    expect(first.after.indexOf('ALONE (3)')).toBeLessThan(first.after.indexOf('OFFERED (10)'));
    expect(first.after).toContain('ALONE (3)');
  });

  it('is nothing if nothing is turned, and nothing by what the visitor may not change', async () => {
    const same = { group: offered, inService: offered, priority: '10' };
    expect((await attempt('ssp2r', { asker: 'iana-en:222', fields: same })).text).toContain('Nothing was turned');
    const theirs = await attempt('ssp1', { ...asIs, fields: { group: offered, priority: '1' } });
    expect(theirs.text).toContain('Nothing was turned');
    const stranger = await attempt('ssp4', { ...asIs, fields: { offer: offerKey ?? '', accepted: offerKey ?? '' } });
    expect(stranger.status).toBe(400);
    expect(stranger.text).toContain('an organization that a grant lets you look up as');
  });

  it.each(['', '-1', '65536', '1e3', 'x'])(
    'with the priority %j is refused by name, value and rule',
    async (priority) => {
      const { status, text } = await attempt('ssp2r', { asker: 'iana-en:222', fields: { group: offered, priority } });
      expect(status).toBe(400);
      expect(text).toContain(`priority “${priority}”: a whole number from 0 to 65535.`);
    },
  );

  it('is tried many times at once, and beside a change, without a trace', async () => {
    const path = whyPath('+12025559900', 'iana-en:222');
    const fields = { group: alone, priority: '7' };
    const before = await registryContents(server);
    const tries = await Promise.all(
      Array.from({ length: 8 }, () => readerOf('ssp2r').postFrom('/console', path, fields)),
    );
    expect(tries.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(await registryContents(server)).toEqual(before);
  });

  it('that the registry would refuse has its verdict, and no answer after it', async () => {
    const { database, commitInquiry, config } = server.deps;
    const [login] = await server.sql<{ id: number; registrar: number }>(
      `SELECT c.id, c.registrar_id AS registrar FROM sppp.credential c WHERE c.username = 'ssp2r'`,
    );
    const { id: credentialId = 0, registrar: registrarId = 0 } = login ?? {};
    const caller = { credentialId, registrarId, registrar: 'iana-en:223', grants: new Grants([]) };
    const subject = { kind: 'DestGrpType', rant: 'iana-en:222', rar: 'iana-en:223', dgName: 'DG_NEW' } as const;
    const received = {
      ...{ serverTransId: randomUUID(), clientTransId: undefined, operation: undefined, mode: 'validate' as const },
      ...{ credentialId, registrarId, receivedAt: clock.read(), remoteAddress: undefined, userAgent: undefined },
    };
    const before = await registryContents(server);
    const tried = await tryChanges(
      [{ index: 0, verb: 'add', subject }],
      { caller, received },
      { pool: database.pool, commitInquiry, corRules: config.cor },
      async () => 'asked',
    );
    expect(tried).toMatchObject({ before: 'asked', after: undefined, refused: [{ result: { code: 2103 } }] });
    const question = { identifier: '+12025559900', asker: 'iana-en:222' };
    const nothing = { answer: [], candidates: [], groups: [] };
    const visitor = {
      username: 'ssp2r',
      credentialId,
      sessionId: 1,
      formToken: '',
      kind: 'registrar',
      caller,
    } as const;
    const page = trialPage({ question, turned: [], tried: { ...tried, before: nothing, after: undefined }, visitor });
    expect(page).toContain('2103 Object status or ownership does not allow for operation');
    expect(page).not.toContain('After');
    expect(await registryContents(server)).toEqual(before);
  });

  it('gives way to a change that is under way', async () => {
    const change = await server.deps.database.pool.connect();
    try {
      await change.query(`BEGIN; SELECT FROM sppp.sed_group WHERE name = 'ALONE' FOR UPDATE`);
      const fields = { group: alone, priority: '7' };
      const { status, text } = await attempt('ssp2r', { asker: 'iana-en:222', fields });
      expect(status).toBe(503);
      expect(text).toContain('A change of the same objects is under way');
    } finally {
      await change.query('ROLLBACK');
      change.release();
    }
  });

  it('is not kept where answers are kept', async () => {
    const asker = 'iana-en:111';
    const ask = () => server.deps.lookups.ask({ identifier: '+12025559900', asker });
    const before = (await ask()).answer;
    await attempt('ssp1', { asker, fields: { offer: offerKey ?? '', accepted: offerKey ?? '' } });
    expect((await ask()).answer).toEqual(before);
  });
});

it('a try costs a registrar as much as a request', async () => {
  const slow = await startServer({ settings: { SPPP_RATE_REQUESTS: '2/86400' } });
  try {
    expectDone(
      await carrier(slow).add(
        destGrp('DG_TRIED'),
        obj('SedGrpType', sedGrp('GROUP', b('dgName', 'DG_TRIED'))),
        tn('+12025559900', ['DG_TRIED']),
      ),
    );
    const reader = new PageReader(slow.url);
    await reader.logIn('ssp2r', 'ssp2r');
    const attempt = () =>
      reader.postFrom('/console', whyPath('+12025559900', 'iana-en:222'), {
        group: 'sedGrp:iana-en:222:GROUP',
        priority: '7',
      });
    expect((await attempt()).text).toContain('has priority 7 instead of 10');
    const { status, headers } = await attempt();
    expect([status, Number(headers['retry-after']) > 0]).toEqual([429, true]);
  } finally {
    await slow.close();
  }
});
