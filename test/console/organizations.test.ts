/** Organizations in the console: who sees which of them, and how operators suspend one. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import {
  addCredential,
  addGrant,
  addOrganization,
  revokeCredential,
} from '../../src/registry/access/administration.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { PageReader } from '../support/page-reader.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

let server: TestServer;
const readers = new Map<string, PageReader>();
const hostile = '"><script>alert(1)</script><img src=x>';

beforeAll(async () => {
  server = await startServer();
  const { prisma } = server.deps.database;
  for (const role of ['viewer', 'operator', 'administrator'] as const) {
    await addOperator(prisma, { username: role, role, ...secretsOf(role, role) });
  }
  const more = { registrar: 'iana-en:223', validUntil: new Date('2099-05-04'), label: hostile };
  await addCredential(prisma, { ...more, username: 'second', ...secretsOf('second', 'second') });
  await addCredential(prisma, { ...more, username: 'third', ...secretsOf('third', 'third') });
  await revokeCredential(prisma, 'third', new Date('2026-02-01'));
  await addGrant(prisma, 'iana-en:223', 'iana-en:225', { nouns: ['PubId'], verbs: ['get', 'add'], spans: ['1202'] });
  await addOrganization(prisma, 'iana-en:900', hostile);
  for (const username of ['viewer', 'operator', 'administrator', 'ssp1', 'ssp2r', 'ssp4']) {
    const reader = new PageReader(server.url);
    expect((await reader.logIn(username, username)).status).toBe(303);
    readers.set(username, reader);
  }
});
afterAll(() => server.close());

const reader = (username: string) => readers.get(username) as PageReader;
const page = (username: string, path: string) => reader(username).get(`/console/${path}`);
const press = (username: string, path: string) => reader(username).postFrom('/console', `/console/${path}`);
const suspended = async (id: string) => {
  const [row] = await server.sql<{ at: Date | null }>(
    'SELECT suspended_at AS at FROM sppp.organization WHERE org_id = $1',
    [id],
  );
  return row?.at !== null;
};

describe('the list of organizations', () => {
  it.each(['viewer', 'operator', 'administrator'])('has all of them for the role %s', async (username) => {
    const { status, text } = await page(username, 'organizations');
    expect(status).toBe(200);
    for (const id of ['iana-en:111', 'iana-en:222', 'iana-en:226']) expect(text).toContain(`>${id}</a>`);
  });

  it('is not there for registrars, nor is the way to it', async () => {
    expect((await page('ssp2r', 'organizations')).status).toBe(404);
    expect((await page('ssp2r', 'account')).text).not.toContain('/console/organizations');
    expect((await page('viewer', 'organizations')).text).toContain('href="/console/organizations"');
  });

  it('goes on page by page, by the ids', async () => {
    const { prisma } = server.deps.database;
    for (let count = 0; count < 105; count++)
      await addOrganization(prisma, `iana-en:8${String(count).padStart(3, '0')}`);
    const first = (await page('viewer', 'organizations?after=iana-en:7')).text;
    const [, next = ''] = /href="\/console\/(organizations\?after=[^"]+)"/.exec(first) ?? [];
    const second = (await page('viewer', next)).text;
    expect(first).toContain('>iana-en:8000</a>');
    expect(first).not.toContain('>iana-en:8104</a>');
    expect(second).toContain('>iana-en:8104</a>');
    expect(second).not.toContain('>iana-en:8000</a>');
    expect((await page('viewer', 'organizations?after=zzz')).text).toContain('There are no organizations here.');
  });

  it.each(['after=%00', 'after=%ff', `after=${'x'.repeat(5000)}`, `after=${encodeURIComponent("'; --")}`])(
    'is there for %s',
    async (parameters) => {
      expect((await page('viewer', `organizations?${parameters}`)).status).toBe(200);
    },
  );

  it('shows names as text, whatever they are', async () => {
    const { text } = await page('viewer', 'organizations?after=iana-en:89');
    expect(text).toContain('&lt;script>');
    expect(text).not.toMatch(/<script|<img/);
  });
});

describe('credentials and grants', () => {
  it.each(['viewer', 'ssp2r'])('are on the page of the organization for %s', async (username) => {
    const { status, text } = await page(username, 'organization?id=iana-en:223');
    expect(status).toBe(200);
    for (const each of ['>second<', '2099-05-04', '>third<', '2026-02-01', '&lt;script>']) expect(text).toContain(each);
    expect(text).toMatch(/iana-en:225<\/td><td[^>]*>PubId<\/td><td[^>]*>add, get<\/td><td[^>]*>1202</);
    expect(text).toMatch(/iana-en:222<\/td><td[^>]*>all<\/td><td[^>]*>everything<\/td><td[^>]*>all</);
    expect(text).not.toMatch(/<script|<img|[0-9a-f]{32}/);
  });

  it('are not shown to others that see the organization', async () => {
    const { prisma } = server.deps.database;
    await addGrant(prisma, 'iana-en:223', 'iana-en:226');
    const again = new PageReader(server.url);
    await again.logIn('ssp2r', 'ssp2r');
    const { status, text } = await again.get('/console/organization?id=iana-en:226');
    expect(status).toBe(200);
    expect(text).not.toContain('ssp4');
    expect(text).not.toContain('Credentials');
    expect((await page('ssp1', 'organization?id=iana-en:223')).status).toBe(404);
  });
});

describe('a suspension', () => {
  const id = 'iana-en:226';

  it('is shown with its effects first, to the roles that may', async () => {
    for (const username of ['operator', 'administrator']) {
      expect((await page(username, `organization?id=${id}`)).text).toContain('Suspend it…');
      const { status, text } = await page(username, `organization/suspend?id=${id}`);
      expect(status).toBe(200);
      expect(text).toContain('its 1 credentials are refused with HTTP 403: ssp4');
      expect(text).toContain('>Suspend it</button>');
    }
    expect(await suspended(id)).toBe(false);
    expect((await page('operator', `organization/resume?id=${id}`)).text).toContain('It is not suspended.');
  });

  it('is for nobody else', async () => {
    expect((await page('viewer', `organization?id=${id}`)).text).not.toContain('Suspend it…');
    for (const step of ['suspend', 'resume']) {
      expect((await page('viewer', `organization/${step}?id=${id}`)).status).toBe(403);
      expect((await press('viewer', `organization/${step}?id=${id}`)).text).toContain('may not change Organization');
      for (const username of ['ssp1', 'ssp4']) {
        expect((await page(username, `organization/${step}?id=${id}`)).status).toBe(404);
        expect((await press(username, `organization/${step}?id=${id}`)).status).toBe(404);
      }
    }
    expect(await suspended(id)).toBe(false);
  });

  it('is carried out by the second press, ends logins, and is on record', async () => {
    const done = await press('operator', `organization/suspend?id=${id}`);
    expect(done).toMatchObject({ status: 303, headers: { location: `/console/organization?id=iana-en%3A226` } });
    expect(await suspended(id)).toBe(true);
    const again = await press('operator', `organization/suspend?id=${id}`);
    expect(again).toMatchObject({ status: 409, text: expect.stringContaining('It is suspended already.') });
    const shown = (await page('viewer', `organization?id=${id}`)).text;
    expect(shown).toContain('Suspended since');
    expect((await page('operator', `organization?id=${id}`)).text).toContain('Resume it…');
    await expect.poll(async () => (await page('ssp4', 'account')).status, { timeout: 60_000, interval: 200 }).toBe(403);
    const rows = await server.sql<{ username: string; role: string }>(
      `SELECT username, role FROM sppp_api.operator_request
        WHERE method = 'POST' AND target = '/console/organization/suspend?id=iana-en:226' AND role <> 'viewer'`,
    );
    expect(rows[0]).toEqual({ username: 'operator', role: 'operator' });
  });

  it('ends in the same way', async () => {
    const { text } = await page('administrator', `organization/resume?id=${id}`);
    expect(text).toContain('let in again');
    expect(await suspended(id)).toBe(true);
    expect((await press('administrator', `organization/resume?id=${id}`)).status).toBe(303);
    expect(await suspended(id)).toBe(false);
    await expect.poll(async () => (await page('ssp4', 'account')).status, { timeout: 60_000, interval: 200 }).toBe(200);
  });

  it.each(['', 'id=', 'id=iana-en:999', 'id=%00', "id=';--"])(
    'of %j, which names no organization, is not there',
    async (parameters) => {
      for (const step of ['suspend', 'resume']) {
        expect((await page('operator', `organization/${step}?${parameters}`)).status).toBe(404);
        expect((await press('operator', `organization/${step}?${parameters}`)).status).toBe(404);
      }
    },
  );

  it('needs the token of its session', async () => {
    const path = `/console/organization/suspend?id=${id}`;
    expect((await reader('operator').post(path, { token: 'x' })).status).toBe(403);
    expect(await suspended(id)).toBe(false);
  });
});
