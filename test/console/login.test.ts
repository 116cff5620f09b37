/** Sessions of the console: who gets in, and what ends it. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { addCredential, revokeCredential } from '../../src/registry/access/administration.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { resumeOrganization, suspendOrganization } from '../../src/registry/access/organizations.js';
import { TestClock } from '../support/carrier.js';
import { send } from '../support/digest-client.js';
import { PageReader } from '../support/page-reader.js';
import { startServer, type TestServer } from '../support/server.js';

const minutes = (count: number) => {
  for (let minute = 0; minute < count; minute++) clock.tick();
};
const clock = new TestClock();
let server: TestServer;
let reader: PageReader;
beforeAll(async () => {
  server = await startServer({ clock: clock.read, settings: { SPPP_CONSOLE_IDLE_MINUTES: '30' } });
  await addOperator(server.deps.database.prisma, {
    ...{ username: 'olga', role: 'viewer', ...secretsOf('olga', 'olga') },
  });
});
afterAll(() => server.close());
beforeEach(() => {
  reader = new PageReader(server.url);
});

const isIn = async (who = reader) => (await who.get('/console')).status === 200;

describe('a login', () => {
  it('opens the page that was asked for, and says who has signed in', async () => {
    const asked = await reader.get('/console/find?q=1202');
    expect(asked).toMatchObject({
      status: 303,
      headers: { location: '/console/login?next=%2Fconsole%2Ffind%3Fq%3D1202' },
    });
    const done = await reader.logIn('ssp2r', 'ssp2r', '/console/find?q=1202');
    expect(done).toMatchObject({ status: 303, headers: { location: '/console/find?q=1202' } });
    expect((await reader.get('/console')).text).toContain('ssp2r, iana-en:223');
  });

  it('lets operators in with their role', async () => {
    await reader.logIn('olga', 'olga');
    expect((await reader.get('/console')).text).toContain('olga, viewer');
  });

  it.each([
    ['ssp2r', 'wrong'],
    ['nobody', 'ssp2r'],
    ['', ''],
    ['ssp2r', ''],
    ['a\0b', 'x'],
  ])('of %j with the password %j is refused without saying which of them is wrong', async (username, password) => {
    const refused = await reader.logIn(username, password);
    expect(refused.status).toBe(401);
    expect(refused.text).toContain('The user name or password is wrong.');
    expect(reader.cookies.size).toBe(0);
  });

  it.each([
    'https://example.com/',
    '//example.com/console',
    '/consoles',
    '/console/../sppp\\',
    '/console\n',
    'console',
  ])('leads to the start of the console, not to %j', async (next) => {
    expect((await reader.logIn('ssp2r', 'ssp2r', next)).headers.location).toBe('/console');
  });

  it('shares the count of wrong passwords with HTTP Digest', async () => {
    for (let guess = 0; guess < 10; guess++) await reader.logIn('ssp4', `guess ${guess}`);
    const refused = await reader.logIn('ssp4', 'ssp4');
    expect(refused.status).toBe(429);
    expect(refused.text).toMatch(/Too many wrong passwords; try again in \d+ seconds/);
    expect((await server.post('<x/>', { as: 'ssp4' })).status).toBe(429);
    minutes(2);
    expect((await reader.logIn('ssp4', 'ssp4')).status).toBe(303);
  });
});

describe('a session', () => {
  const elsewhere = { 'sec-fetch-site': 'cross-site' };
  beforeEach(async () => {
    await reader.logIn('ssp2r', 'ssp2r');
    expect(await isIn()).toBe(true);
  });

  it('ends when it is signed out of, for a copy of its cookie as well', async () => {
    const copy = new PageReader(server.url);
    for (const [name, value] of reader.cookies) copy.cookies.set(name, value);
    expect(await isIn(copy)).toBe(true);
    expect((await reader.postFrom('/console', '/console/logout')).headers.location).toBe('/console/login');
    expect(reader.cookies.size).toBe(0);
    expect(await isIn(copy)).toBe(false);
  });

  it('is listed to its user, who can end another one, and to nobody else', async () => {
    const other = new PageReader(server.url);
    await other.logIn('ssp2r', 'ssp2r');
    const { text } = await reader.get('/console/account');
    const ids = [...text.matchAll(/name="session" value="(\d+)"/g)].map(([, id = '']) => id);
    const stranger = new PageReader(server.url);
    await stranger.logIn('ssp3', 'ssp3');
    expect((await stranger.get('/console/account')).text).not.toContain('name="session"');
    for (const session of ids) await stranger.postFrom('/console', '/console/account/end', { session });
    expect(await isIn(other)).toBe(true);
    for (const session of ids) await reader.postFrom('/console', '/console/account/end', { session });
    expect(await isIn(other)).toBe(false);
    expect(await isIn()).toBe(true);
    expect((await reader.postFrom('/console', '/console/account/end', { session: '1; x' })).status).toBe(400);
  });

  it('ends when it is not used, and after its hours however much it is used', async () => {
    minutes(29);
    expect(await isIn()).toBe(true);
    minutes(31);
    expect(await isIn()).toBe(false);
    await reader.logIn('ssp2r', 'ssp2r');
    for (let time = 0; time < 28; time++) {
      minutes(25);
      expect(await isIn()).toBe(true);
    }
    minutes(25);
    expect(await isIn()).toBe(false);
  });

  it('ends when its password is changed or its credential is revoked', async () => {
    const { prisma } = server.deps.database;
    const login = { registrar: 'iana-en:223', username: 'second' };
    await addCredential(prisma, { ...login, ...secretsOf('second', 'first password') });
    await reader.logIn('second', 'first password');
    expect(await isIn()).toBe(true);
    await addCredential(prisma, { ...login, ...secretsOf('second', 'second password') });
    await expect.poll(() => isIn()).toBe(false);
    await reader.logIn('second', 'second password');
    expect(await isIn()).toBe(true);
    await revokeCredential(prisma, 'second', clock.read());
    await expect.poll(() => isIn()).toBe(false);
  });

  it('shows nothing while its organization is suspended', async () => {
    const { pool } = server.deps.database;
    await suspendOrganization(pool, 'iana-en:223', clock.read());
    await expect.poll(async () => (await reader.get('/console')).status).toBe(403);
    expect((await new PageReader(server.url).logIn('ssp2r', 'ssp2r')).status).toBe(403);
    await resumeOrganization(pool, 'iana-en:223');
    await expect.poll(() => isIn()).toBe(true);
  });

  it('takes no form of another site, of no known site, or without its own token', async () => {
    expect((await reader.post('/console/logout', {}, elsewhere)).status).toBe(403);
    expect((await reader.post('/console/logout', {})).status).toBe(403);
    expect((await reader.post('/console/logout', { token: 'x'.repeat(43) })).status).toBe(403);
    const other = new PageReader(server.url);
    await other.logIn('ssp3', 'ssp3');
    const [, token = ''] = /name="token" value="([^"]+)"/.exec((await other.get('/console')).text) ?? [];
    expect((await reader.post('/console/logout', { token })).status).toBe(403);
    const bare = await send(`${server.url}/console/logout`, { method: 'POST' });
    expect(bare.status).toBe(403);
    expect(await isIn()).toBe(true);
  });

  it('is known by its Origin to browsers that do not say where a form stands', async () => {
    const [, token = ''] = /name="token" value="([^"]+)"/.exec((await reader.get('/console')).text) ?? [];
    const form = { method: 'POST', body: new URLSearchParams({ token }).toString() };
    const cookie = [...reader.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded' };
    const from = (origin: string) => send(`${server.url}/console/logout`, { ...form, headers: { ...headers, origin } });
    expect((await from('http://example.com')).status).toBe(403);
    expect((await from('null')).status).toBe(403);
    expect((await from(server.url)).status).toBe(303);
  });
});

describe('every page', () => {
  it('may be framed by nobody, kept by nobody, and load nothing from elsewhere', async () => {
    for (const path of ['/console/login', '/console']) {
      const { headers } = await reader.get(path);
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers).toMatchObject({ 'x-frame-options': 'DENY', 'cache-control': 'no-store' });
    }
  });

  it('has a cookie that no script reads and no other site sends with a form', async () => {
    const { headers } = await reader.logIn('ssp2r', 'ssp2r');
    expect(String(headers['set-cookie'])).toMatch(/^sppp-console=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
  });
});
