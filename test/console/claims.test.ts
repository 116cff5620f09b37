/** Claims to be carrier of record in the console: who sees which, and how operators decide them. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { carrier, expectDone } from '../support/carrier.js';
import { claimed, load, of111, of225, standing } from '../support/claims.js';
import { PageReader } from '../support/page-reader.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

let server: TestServer;
const readers = new Map<string, PageReader>();
const key = 'tn:iana-en:222:12025550100';

beforeAll(async () => {
  server = await startServer({ settings: { SPPP_COR_POLICY: 'hold' }, backgroundJobs: false });
  for (const [username, role] of [
    ['olga', 'operator'],
    ['vera', 'viewer'],
  ] as const) {
    await addOperator(server.deps.database.prisma, { username, role, ...secretsOf(username, username) });
  }
  for (const username of ['olga', 'vera', 'ssp1', 'ssp2r', 'ssp4']) {
    const reader = new PageReader(server.url);
    expect((await reader.logIn(username, username)).status).toBe(303);
    readers.set(username, reader);
  }
});
afterAll(() => server.close());

beforeEach(async () => {
  await server.sql('DELETE FROM sppp.public_identifier');
  await server.sql('DELETE FROM sppp.cor_authority; DELETE FROM sppp.cor_segment');
  expectDone(await carrier(server).add(claimed('TN 12025550100'), claimed('RN 13')));
  expectDone(await carrier(server, 'ssp1').add(claimed('prefix 1202', of111)));
  expectDone(await carrier(server, 'ssp3').add(claimed('range 140-150', of225)));
});

const reader = (username: string) => readers.get(username) as PageReader;
const query = (fields: Record<string, string>) => String(new URLSearchParams(fields));
const list = (username: string, fields: Record<string, string> = {}) =>
  reader(username).get(`/console/claims?${query(fields)}`);
const claim = (username: string, fields: Record<string, string>) =>
  reader(username).get(`/console/claim?${query({ key, ...fields })}`);

/** Presses the button of the page that says what a decision does. */
async function press(username: string, fields: Record<string, string>, seen?: string) {
  const path = `/console/claim?${query({ key, ...fields })}`;
  const { text } = await reader(username).get(path);
  const [, shown = ''] = /name="standing" value="([^"]*)"/.exec(text) ?? [];
  return reader(username).postFrom('/console', path, { standing: seen ?? shown });
}

describe('the list', () => {
  it('has the claims that wait: for operators all, for registrars those of their registrants', async () => {
    const all = (await list('vera')).text;
    for (const each of ['12025550100', '1202<', '140-150', 'iana-en:225']) expect(all).toContain(each);
    const own = (await list('ssp2r')).text;
    expect(own).toContain('12025550100');
    expect(own).toContain('contested');
    expect(own).not.toContain('iana-en:225');
    expect(own).not.toContain('Look and decide');
    expect((await list('ssp4')).text).toContain('There is no such claim.');
  });

  it.each([
    ['pending', ['Routing number'], ['12025550100']],
    ['contested', ['12025550100'], ['Routing number']],
    ['holds', ['There is no such claim'], ['iana-en:222']],
    ['lost', ['There is no such claim'], ['iana-en:222']],
  ])('of the state %s has these alone', async (state, there, missing) => {
    const { status, text } = await list('ssp2r', { state });
    expect(status).toBe(200);
    for (const each of there) expect(text).toContain(each);
    for (const each of missing) expect(text).not.toContain(each);
  });

  it('goes on behind the last one that was looked at', async () => {
    const [{ id } = { id: 0 }] = await server.sql<{ id: number }>('SELECT max(id) AS id FROM sppp.public_identifier');
    expect((await list('olga', { after: String(id - 1) })).text).toContain('140-150');
    expect((await list('olga', { after: String(id - 1) })).text).not.toContain('12025550100');
    expect((await list('olga', { after: String(id) })).text).toContain('There is no such claim.');
  });

  it('has pages where there are many', async () => {
    const numbers = Array.from({ length: 105 }, (_, index) => claimed(`TN ${1_300_000 + index}`));
    expectDone(await carrier(server).add(...numbers));
    const first = (await list('ssp2r', { state: 'pending' })).text;
    const [, next = ''] = /href="(\/console\/claims\?[^"]*after=[^"]*)"/.exec(first) ?? [];
    const second = (await reader('ssp2r').get(next.replaceAll('&amp;', '&'))).text;
    expect(first).not.toContain('1300104');
    expect(second).toContain('1300104');
    expect(second).not.toContain('The next ones');
  });

  it.each([
    ['state=won', 'state “won”: one of'],
    ['after=-1', 'after “-1”: a whole number'],
    ['after=9999999999999999999', 'after “9999999999999999999”: a whole number'],
    ['after=%00x', 'after “x”'],
    ['state=lost&state=holds', 'state: once'],
    ['state=%3Cscript%3E', 'state “&lt;script>”'],
  ])('refuses %s and says why', async (parameters, fault) => {
    const { status, text } = await reader('ssp2r').get(`/console/claims?${parameters}`);
    expect(status).toBe(400);
    expect(text).toContain(fault);
    expect(text).not.toContain('<script');
  });
});

describe('the page of a claim', () => {
  it('has the evidence, for operators alone', async () => {
    await load(server, ['145,iana-en:111', '13,iana-en:222,RN']);
    const { text } = await claim('vera', {});
    expect(text).toContain('contested');
    expect(text).toContain('say nothing');
    expect(text).toContain('Claims of others that are lost');
    expect(text).toContain('iana-en:111');
    expect(text).not.toContain('>Accept…<');
    expect((await claim('olga', {})).text).toContain('>Accept…<');
    const confirmed = await claim('olga', { key: 'rn:iana-en:222:13' });
    expect(confirmed.text).toContain('give all of the numbers to iana-en:222');
    const refuted = await claim('olga', { key: 'tnRange:iana-en:225:140-150' });
    expect(refuted.text).toContain('give some of the numbers to iana-en:111');
    for (const who of ['ssp1', 'ssp2r', 'ssp4']) expect((await claim(who, {})).status).toBe(404);
  });

  it.each(['tn:iana-en:111:12025550100', 'tn:iana-en:222:99', 'tn:iana-en:999:1'])(
    'is not there for %s, which nobody claims',
    async (other) => {
      expect((await claim('olga', { key: other })).status).toBe(404);
    },
  );

  it.each(['', 'x', '12025550100', 'uri:iana-en:222:sip:a@b.example', 'sedGrp:iana-en:222:A', 'tn:iana-en:222:1\0'])(
    'of the key %j says what a key is like',
    async (bad) => {
      const { status, text } = await claim('olga', { key: bad });
      expect(status).toBe(bad.includes('\0') ? 404 : 400);
      expect(text).toContain('role="alert"');
    },
  );
});

describe('a decision', () => {
  const accept = { decision: 'accept', reason: 'papers of 3 May' };

  it('is shown with its effects first, and changes nothing', async () => {
    const { status, text } = await claim('olga', accept);
    expect(status).toBe(200);
    expect(text).toContain('papers of 3 May');
    expect(text).toContain('Claims that are lost');
    expect(text).toContain('key=tnPrefix%3Aiana-en%3A111%3A1202');
    expect(await standing(server, '12025550100')).toMatchObject({ 'iana-en:222': expect.stringMatching(/^contested/) });
  });

  it('to accept is carried out by the second press: others lose, and it is on record with its reason', async () => {
    const done = await press('olga', accept);
    expect(done).toMatchObject({ status: 303, headers: { location: `/console/claim?${query({ key })}` } });
    expect(await standing(server, '12025550100')).toEqual({ 'iana-en:222': 'holds by operator' });
    expect(await standing(server, '1202')).toEqual({ 'iana-en:111': 'lost by operator rival iana-en:222' });
    const rows = await server.sql<{ target: string }>(
      `SELECT r.target FROM sppp.operator_request r WHERE r.method = 'POST' AND r.target LIKE '/console/claim?%'`,
    );
    expect(rows.map(({ target }) => new URL(target, server.url).searchParams.get('reason'))).toContain(accept.reason);
    const lost = (await list('ssp1', { state: 'lost' })).text;
    expect(lost).toContain('operator');
    expect(lost).toContain('iana-en:222');
  });

  it('to refuse makes it lost, and no other claim wins by that', async () => {
    expect((await claim('olga', { ...accept, decision: 'refuse' })).text).toContain('No other claim wins');
    expect((await press('olga', { ...accept, decision: 'refuse' })).status).toBe(303);
    expect(await standing(server, '12025550100')).toMatchObject({
      'iana-en:222': expect.stringMatching(/^lost by operator/),
    });
    expect(await standing(server, '1202')).toMatchObject({ 'iana-en:111': expect.stringMatching(/^contested/) });
  });

  it('of something else than was shown is not taken: pressed twice, or after others have changed', async () => {
    const seen = /name="standing" value="([^"]*)"/.exec((await claim('olga', accept)).text)?.[1] ?? '';
    expectDone(await carrier(server, 'ssp3').add(claimed('TN 12025550100', of225)));
    const late = await press('olga', accept, seen);
    expect(late.status).toBe(409);
    expect(late.text).toContain('nothing was decided');
    expect(await standing(server, '12025550100')).toMatchObject({ 'iana-en:222': expect.stringMatching(/^contested/) });
    const [path, shown] = [`/console/claim?${query({ key, ...accept })}`, (await claim('olga', accept)).text];
    const again = /name="standing" value="([^"]*)"/.exec(shown)?.[1] ?? '';
    expect((await reader('olga').postFrom('/console', path, { standing: again })).status).toBe(303);
    expect((await reader('olga').postFrom('/console', path, { standing: again })).status).toBe(409);
  });

  it('is not for viewers, nor for registrars', async () => {
    expect((await claim('vera', accept)).text).toContain('The role viewer may not change Claim.');
    expect((await press('vera', accept)).status).toBe(403);
    expect((await press('ssp2r', accept)).status).toBe(404);
    expect(await standing(server, '12025550100')).toMatchObject({ 'iana-en:222': expect.stringMatching(/^contested/) });
  });

  it.each([
    ['without a reason', { decision: 'accept', reason: ' ' }, 'reason “”'],
    [
      'with a reason that the record cannot hold',
      { decision: 'accept', reason: '\u{1f600}'.repeat(100) },
      'shorter, so that',
    ],
    ['that is none', { decision: 'perhaps', reason: 'x' }, 'decision “perhaps”: one of accept, refuse'],
  ])('%s is refused by both presses', async (_what, fields, fault) => {
    for (const refused of [await claim('olga', fields), await press('olga', fields)]) {
      expect(refused.status).toBe(400);
      expect(refused.text).toContain(fault);
    }
  });

  it('needs to be named: its form without one is refused', async () => {
    const path = `/console/claim?${query({ key, reason: 'x' })}`;
    expect((await reader('olga').postFrom('/console', path)).text).toContain('accept or refuse');
    const twice = await reader('olga').postFrom('/console', `${path}&decision=accept&decision=accept`);
    expect(twice.status).toBe(400);
  });

  it('shows its reason as text, whatever it is', async () => {
    const { text } = await claim('olga', { ...accept, reason: '"><script>alert(1)</script><img src=x>' });
    expect(text).toContain('&lt;script>');
    expect(text).not.toMatch(/<script|<img/);
  });
});
