/** Administration in the console: what operators make and change, in two steps, and what of it is on record. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { addCredential, addOrganization, listGrants } from '../../src/registry/access/administration.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { issue } from '../support/certificate.js';
import type { Received } from '../support/digest-client.js';
import { knowsPassword } from '../support/known-password.js';
import { PageReader } from '../support/page-reader.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const hostile = '"><script>alert(1)</script><img src=x>';
const WAIT = { timeout: 60_000, interval: 100 } as const;

let server: TestServer;
const readers = new Map<string, PageReader>();

beforeAll(async () => {
  server = await startServer({ backgroundJobs: false });
  const { prisma } = server.deps.database;
  for (const role of ['viewer', 'operator', 'administrator'] as const) {
    await addOperator(prisma, { username: role, role, ...secretsOf(role, role) });
  }
  for (const username of ['viewer', 'operator', 'administrator', 'ssp1', 'ssp2r']) {
    const reader = new PageReader(server.url);
    expect((await reader.logIn(username, username)).status).toBe(303);
    readers.set(username, reader);
  }
});
afterAll(() => server.close());

const reader = (username: string) => readers.get(username) as PageReader;
const address = (path: string, query: Record<string, string> | [string, string][]) =>
  `/console/${path}?${new URLSearchParams(query)}`;
const show = (path: string, query: Record<string, string> | [string, string][] = {}, by = 'operator') =>
  reader(by).get(address(path, query));
const press = (path: string, query: Record<string, string> | [string, string][] = {}, by = 'operator') =>
  reader(by).postFrom('/console', address(path, query));
/** The secret that a page shows once. */
const toldBy = ({ status, text }: Received): string => {
  expect(status).toBe(200);
  expect(text).toContain('shown this once');
  return /<pre>([^<]+)<\/pre>/.exec(text)?.[1] ?? '';
};
const canLogIn = async (username: string, password: string) =>
  (await new PageReader(server.url).logIn(username, password)).status === 303;

/** All changes with parameters that are good. */
const changes: readonly (readonly [string, Record<string, string>])[] = [
  ['organization/add', { id: 'iana-en:501', name: 'Five' }],
  ['organization/rename', { id: 'iana-en:226', name: 'Six' }],
  ['organization/remove', { id: 'iana-en:226' }],
  ['organization/suspend', { id: 'iana-en:226' }],
  ['organization/resume', { id: 'iana-en:226' }],
  ['credential/add', { registrar: 'iana-en:226', username: 'new' }],
  ['credential/rotate', { username: 'ssp4' }],
  ['credential/end-former', { username: 'ssp4' }],
  ['credential/revoke', { username: 'ssp4' }],
  ['certificate/add', { username: 'ssp4', fingerprint: 'a'.repeat(64) }],
  ['certificate/remove', { username: 'ssp4', fingerprint: 'a'.repeat(64) }],
  ['grants/add', { registrar: 'iana-en:226', registrant: 'iana-en:222', all: 'yes' }],
  ['grants/remove', { registrar: 'iana-en:226', registrant: 'iana-en:226', id: '4' }],
];

describe('every change', () => {
  it.each(changes)('%s is for operators whose role may, and for nobody else', async (path, query) => {
    for (const send of [show, press]) {
      const viewer = await send(path, query, 'viewer');
      expect(viewer).toMatchObject({ status: 403, text: expect.stringContaining('The role viewer may not change') });
      for (const by of ['ssp1', 'ssp2r']) expect((await send(path, query, by)).status).toBe(404);
    }
    expect((await reader('operator').post(address(path, query), { token: 'x' })).status).toBe(403);
  });

  it.each(changes.filter(([path]) => path !== 'organization/add'))(
    '%s of what is not there is not there',
    async (path, query) => {
      const unknown = Object.fromEntries(
        Object.entries(query).map(([name, value]) => [
          name,
          ['id', 'registrar', 'registrant', 'username'].includes(name) ? '999' : value,
        ]),
      );
      for (const send of [show, press]) expect((await send(path, unknown)).status).toBe(404);
      expect((await show(path)).status).toBe(404);
    },
  );

  it('is refused where its record would not have all of it', async () => {
    const { status, text } = await show('organization/add', { id: 'iana-en:501', name: 'x'.repeat(1000) });
    expect(status).toBe(400);
    expect(text).toContain('too long');
  });
});

describe('an organization', () => {
  const id = 'iana-en:500';
  const names = async () =>
    (await server.sql<{ name: string }>('SELECT name FROM sppp.organization WHERE org_id = $1', [id])).map(
      ({ name }) => name,
    );

  it('is made by the second step, and on record', async () => {
    expect((await reader('viewer').get('/console/organizations')).text).not.toContain('Make an organization');
    expect((await reader('operator').get('/console/organizations')).text).toContain('Make an organization');
    const { status, text } = await show('organization/add', { id, name: hostile });
    expect(status).toBe(200);
    expect(text).toContain(`Make the organization ${id}?`);
    expect(text).not.toMatch(/<script|<img/);
    expect(await names()).toEqual([]);
    const done = await press('organization/add', { id, name: hostile });
    expect(done).toMatchObject({ status: 303, headers: { location: '/console/organization?id=iana-en%3A500' } });
    expect(await names()).toEqual([hostile]);
    const again = await press('organization/add', { id, name: 'other' });
    expect(again).toMatchObject({ status: 409, text: expect.stringContaining('There is such an organization.') });
    expect(await names()).toEqual([hostile]);
    const records = await server.sql(
      `SELECT username, role FROM sppp_api.operator_request
        WHERE method = 'POST' AND target LIKE '/console/organization/add?id=iana-en%%3A500&%' LIMIT 1`,
    );
    expect(records).toEqual([{ username: 'operator', role: 'operator' }]);
  });

  it.each(['no namespace', 'iana-en:', 'iana-en:a b', 'iana-en:\u202e1', '', 'x'.repeat(300)])(
    'has no id such as %j',
    async (wrong) => {
      const { status, text } = await show('organization/add', { id: wrong });
      expect(status).toBe(400);
      expect(text).toContain('id “');
    },
  );

  it('gets another name', async () => {
    expect((await show('organization/rename', { id, name: ' ' })).status).toBe(400);
    expect((await show('organization/rename', { id, name: 'Five Hundred' })).text).toContain('it will be Five Hundred');
    expect((await press('organization/rename', { id, name: 'Five Hundred' })).status).toBe(303);
    expect(await names()).toEqual(['Five Hundred']);
  });

  it('is removed if it owns nothing', async () => {
    await addOrganization(server.deps.database.prisma, 'iana-en:502', '');
    expect((await show('organization/remove', { id: 'iana-en:502' })).text).toContain('the journal still names it');
    const done = await press('organization/remove', { id: 'iana-en:502' });
    expect(done.headers.location).toBe('/console/organizations');
    expect((await show('organization', { id: 'iana-en:502' })).status).toBe(404);
  });
});

describe('a credential', () => {
  const registrar = 'iana-en:225';
  let password = '';

  it('is made with a password that is shown once, by which its user signs in', async () => {
    const query = { registrar, username: 'console-user', label: hostile, until: '2099-01-31' };
    const planned = (await show('credential/add', query)).text;
    expect(planned).toContain('it ends 2099-01-31T00:00:00.000Z');
    expect(planned).not.toMatch(/<script|<img/);
    password = toldBy(await press('credential/add', query));
    expect(password).toMatch(/^[\w-]{24}$/);
    expect(await canLogIn('console-user', password)).toBe(true);
    const { text } = await show('organization', { id: registrar });
    expect(text).toContain('console-user');
    expect(text).not.toContain(password);
    const again = await press('credential/add', query);
    expect(again).toMatchObject({ status: 409, text: expect.stringContaining('give it a new password instead') });
    expect(await canLogIn('console-user', password)).toBe(true);
  });

  it('has no secret in any record', async () => {
    const records = await server.sql<{ row: string }>(
      'SELECT to_jsonb(r)::text AS row FROM sppp.operator_request r WHERE strpos(to_jsonb(r)::text, $1) > 0',
      [password],
    );
    expect(records).toEqual([]);
  });

  it.each([
    [{ username: 'a:b' }, 'without quotes, backslash, colon and controls'],
    [{ username: ' blank ' }, 'without blanks around it'],
    [{ username: 'hid\u200bden' }, 'invisible characters'],
    [{ username: '' }, 'not empty'],
    [{ username: 'fine', until: 'soon' }, 'a day such as 2027-01-31'],
    [{ username: 'fine', until: '2027-02-30' }, 'a day such as 2027-01-31'],
    [{ username: 'fine', until: '2020-01-01' }, 'a time to come'],
  ])('is not made with %j', async (query, rule) => {
    for (const send of [show, press]) {
      const { status, text } = await send('credential/add', { registrar, ...query });
      expect(status).toBe(400);
      expect(text).toContain(rule);
    }
  });

  it.each(['ssp1', 'viewer'])('of somebody else, such as %s, is not taken', async (username) => {
    const { status, text } = await press('credential/add', { registrar, username });
    expect(status).toBe(409);
    expect(text).toContain('Somebody else has this user name.');
    expect(await canLogIn(username, username)).toBe(true);
  });

  it('of an operator is not there', async () => {
    for (const change of ['rotate', 'end-former', 'revoke']) {
      expect((await press(`credential/${change}`, { username: 'viewer' }, 'administrator')).status).toBe(404);
    }
    expect(await canLogIn('viewer', 'viewer')).toBe(true);
  });

  it('gets a second password, and the former one is ended', async () => {
    const username = 'console-user';
    const planned = (await show('credential/rotate', { username, overlap: 'day' })).text;
    expect(planned).toContain('the present password ends after a day');
    const newer = toldBy(await press('credential/rotate', { username, overlap: 'day' }));
    await knowsPassword(server, username, newer);
    expect(await canLogIn(username, newer)).toBe(true);
    expect(await canLogIn(username, password)).toBe(true);
    const third = await press('credential/rotate', { username });
    expect(third).toMatchObject({ status: 409, text: expect.stringContaining('It has two passwords until') });
    expect((await show('organization', { id: registrar })).text).toContain('End the former password…');
    expect((await press('credential/end-former', { username })).status).toBe(303);
    await expect.poll(() => canLogIn(username, password), { ...WAIT, interval: 1000 }).toBe(false);
    expect(await canLogIn(username, newer)).toBe(true);
    expect((await press('credential/end-former', { username })).status).toBe(409);
    expect((await show('credential/rotate', { username, overlap: 'never' })).status).toBe(400);
    password = newer;
  });

  it('is revoked, and made again', async () => {
    const username = 'console-user';
    expect((await show('credential/revoke', { username })).text).toContain('its sessions end');
    expect((await press('credential/revoke', { username })).status).toBe(303);
    await expect.poll(() => canLogIn(username, password), { ...WAIT, interval: 1000 }).toBe(false);
    for (const change of ['revoke', 'rotate']) {
      expect((await press(`credential/${change}`, { username })).status).toBe(409);
    }
    expect((await show('credential/add', { registrar, username })).text).toContain(
      'it was revoked, and is let in again',
    );
    const newest = toldBy(await press('credential/add', { registrar, username }));
    await knowsPassword(server, username, newest);
    expect(await canLogIn(username, newest)).toBe(true);
  });
});

describe('a certificate', () => {
  const notAfter = new Date('2097-06-01T00:00:00Z');
  const { cert } = issue({ subject: [['CN', hostile]], notAfter });
  const offer = (fields: Record<string, string>, by = 'operator') =>
    reader(by).postFrom('/console', '/console/certificate/read', { username: 'ssp3', pem: cert, ...fields });
  const certificates = () => server.sql('SELECT fingerprint, subject, not_after FROM sppp.client_certificate');

  it('is read from its text, shown with its end, and accepted', async () => {
    const read = await offer({ by: 'fingerprint' });
    expect(read.status).toBe(303);
    const path = String(read.headers.location);
    const { text } = await reader('operator').get(path);
    expect(text).toContain('Let a certificate log in as ssp3?');
    expect(text).toContain('2097-06-01');
    expect(await certificates()).toEqual([]);
    expect((await reader('operator').postFrom('/console', path)).status).toBe(303);
    expect(await certificates()).toMatchObject([{ subject: null, not_after: notAfter }]);
    const shown = (await show('organization', { id: 'iana-en:225' })).text;
    expect(shown).toMatch(/fingerprint [0-9a-f]{64}, until 2097-06-01T00:00:00\.000Z/);
    expect((await show('organization', { id: 'iana-en:225' }, 'viewer')).text).not.toContain('Remove it…');
  });

  it('is accepted by its subject, whatever that is', async () => {
    const path = String((await offer({ by: 'subject' })).headers.location);
    expect((await reader('operator').get(path)).text).not.toMatch(/<script|<img/);
    expect((await reader('operator').postFrom('/console', path)).status).toBe(303);
    const { text } = await show('organization', { id: 'iana-en:225' });
    expect(text).toContain('subject CN=');
    expect(text).not.toMatch(/<script|<img/);
  });

  it('of another credential is not accepted, and not removed', async () => {
    const path = String((await offer({ username: 'ssp1' })).headers.location);
    const { status, text } = await reader('operator').postFrom('/console', path);
    expect(status).toBe(409);
    expect(text).toContain('belongs to another credential');
    const removal = path.replace('/add?', '/remove?');
    expect((await reader('operator').postFrom('/console', removal)).status).toBe(404);
    expect(await certificates()).toHaveLength(2);
  });

  it('is removed', async () => {
    const { text } = await show('organization', { id: 'iana-en:225' });
    const links = [...text.matchAll(/href="(\/console\/certificate\/remove[^"]+)"/g)].map(([, link = '']) =>
      link.replaceAll('&amp;', '&'),
    );
    expect(links).toHaveLength(2);
    for (const link of links) {
      expect((await reader('operator').get(link)).text).toContain('refused from now on');
      expect((await reader('operator').postFrom('/console', link)).status).toBe(303);
      expect((await reader('operator').postFrom('/console', link)).status).toBe(404);
    }
    expect(await certificates()).toEqual([]);
  });

  it('is a certificate, and read for nobody else', async () => {
    for (const pem of ['', 'x', hostile, cert.slice(0, -60)]) expect((await offer({ pem })).status).toBe(400);
    expect((await offer({}, 'viewer')).status).toBe(403);
    expect((await offer({}, 'ssp1')).status).toBe(404);
  });
});

describe('a grant', () => {
  const pair = { registrar: 'iana-en:226', registrant: 'iana-en:222' };
  const granted = async () => {
    const all = await listGrants(server.deps.database.prisma, pair.registrar);
    return all
      .filter(({ registrant }) => registrant === pair.registrant)
      .map(({ nouns, verbs, spans }) => ({ nouns, verbs, spans }));
  };
  const withCells = (...cells: string[]): [string, string][] => [
    ...Object.entries(pair),
    ...cells.map((cell): [string, string] => ['may', cell]),
  ];

  it('is a table whose ticks become grants', async () => {
    expect((await show('grants', pair)).text).toContain('There is no grant.');
    const query = withCells('add PubId', 'get PubId', 'get DestGrp', 'add DestGrp', 'get SedRec');
    const { text } = await show('grants/add', [...query, ['numbers', '1202, 1303-1304']]);
    expect(text).toContain('- → 1202 1303-1304');
    expect(text).toContain('- → yes');
    expect(await granted()).toEqual([]);
    const done = await press('grants/add', [...query, ['numbers', '1202, 1303-1304']]);
    expect(done.headers.location).toBe('/console/grants?registrar=iana-en%3A226&registrant=iana-en%3A222');
    const spans = ['1202', '1303-1304'];
    expect(await granted()).toEqual([
      { nouns: ['DestGrp', 'PubId'], verbs: ['add', 'get'], spans },
      { nouns: ['SedRec'], verbs: ['get'], spans },
    ]);
    await press('grants/add', [...query, ['numbers', '1202, 1303-1304']]);
    expect(await granted()).toHaveLength(2);
  });

  it('is for everything, if that is asked for', async () => {
    expect((await show('grants/add', { ...pair, all: 'yes' })).text).toContain('- → yes');
    expect((await press('grants/add', { ...pair, all: 'yes' })).status).toBe(303);
    expect(await granted()).toContainEqual({ nouns: undefined, verbs: undefined, spans: undefined });
  });

  it('is taken back, with what is left shown first', async () => {
    const { text } = await show('grants', pair);
    const links = [...text.matchAll(/href="(\/console\/grants\/remove[^"]+)"/g)].map(([, link = '']) =>
      link.replaceAll('&amp;', '&'),
    );
    expect(links).toHaveLength(3);
    for (const [index, link] of links.entries()) {
      const planned = (await reader('operator').get(link)).text;
      expect(planned.includes('may do nothing for iana-en:222 then')).toBe(index === 2);
      expect((await reader('operator').postFrom('/console', link)).status).toBe(303);
      expect((await reader('operator').get(link)).status).toBe(404);
    }
    expect(await granted()).toEqual([]);
  });

  it.each([
    [withCells(), 'Tick what it may do'],
    [withCells('lookup PubId'), 'a verb and a kind of object'],
    [withCells('add everything', hostile), 'a verb and a kind of object'],
    [[...withCells('add PubId'), ['numbers', '12a']] as [string, string][], 'numbers “12a”'],
    [[...withCells('add PubId'), ['numbers', '5-3']] as [string, string][], 'numbers “5-3”'],
    [[...withCells('add PubId'), ['all', 'no']] as [string, string][], 'all “no”: one of yes'],
  ])('of %j is not made', async (query, rule) => {
    for (const send of [show, press]) {
      const { status, text } = await send('grants/add', query);
      expect(status).toBe(400);
      expect(text).toContain(rule);
      expect(text).not.toMatch(/<script|<img/);
    }
    expect(await granted()).toEqual([]);
  });

  it('is seen by operators and by its registrar', async () => {
    const own = { registrar: 'iana-en:223', registrant: 'iana-en:222' };
    for (const by of ['viewer', 'ssp2r']) {
      const { status, text } = await show('grants', own, by);
      expect(status).toBe(200);
      expect(text).toContain('What the grants allow together');
      expect(text).not.toContain('Add a grant');
    }
    expect((await show('grants', own, 'ssp1')).status).toBe(404);
    expect((await show('grants', { registrar: 'iana-en:223', registrant: 'iana-en:111' }, 'ssp2r')).status).toBe(404);
  });

  it('counts at once for who is signed in', async () => {
    const { prisma } = server.deps.database;
    const username = 'granted';
    await addCredential(prisma, { registrar: pair.registrar, username, ...secretsOf(username, username) });
    const user = new PageReader(server.url);
    expect((await user.logIn(username, username)).status).toBe(303);
    expect((await user.get('/console/organization?id=iana-en:222')).status).toBe(404);
    await press('grants/add', withCells('get DestGrp'));
    await expect.poll(async () => (await user.get('/console/organization?id=iana-en:222')).status, WAIT).toBe(200);
  });
});
