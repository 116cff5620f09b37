/** My account: a user changes the own password, has two for a time, and ends the former one. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { addCredential } from '../../src/registry/access/administration.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { TestClock } from '../support/carrier.js';
import { DigestClient } from '../support/digest-client.js';
import { knowsPassword } from '../support/known-password.js';
import { PageReader } from '../support/page-reader.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const clock = new TestClock();
const minutes = (count: number) => {
  for (let minute = 0; minute < count; minute++) clock.tick();
};
const WAIT = { timeout: 60_000, interval: 100 } as const;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ clock: clock.read });
});
afterAll(() => server.close());

let count = 0;
/** A user of SSP2R, or an operator, that no other test has. */
let username = '';
let reader: PageReader;

const first = 'the first pass phrase';
const second = 'a second pass phrase';
const third = 'and then the third';

const isKnown = (password: string) => knowsPassword(server, username, password, clock.read);

beforeEach(async () => {
  username = `user-${++count}`;
  const secrets = secretsOf(username, first);
  await addCredential(server.deps.database.prisma, { registrar: 'iana-en:223', username, ...secrets });
  await isKnown(first);
  reader = await signedIn(first);
});

async function signedIn(password: string): Promise<PageReader> {
  const other = new PageReader(server.url);
  expect((await other.logIn(username, password)).status).toBe(303);
  return other;
}

const isIn = async (who = reader) => (await who.get('/console/account')).status === 200;
const stored = async () => {
  const sql = 'SELECT ha1_sha256 AS ha1, former_valid_until AS until FROM sppp.credential WHERE username = $1';
  const [row] = await server.sql<{ ha1: string; until: Date | null }>(sql, [username]);
  return row;
};
const change = (fields: Record<string, string> = {}, who = reader) =>
  who.postFrom('/console/account', '/console/account/password', {
    ...{ present: first, password: second, again: second, overlap: 'none' },
    ...fields,
  });
const endFormer = (present: string, who = reader) =>
  who.postFrom('/console/account', '/console/account/former', { present });
/** Whether a password lets in over HTTP Digest. */
const digestStatus = async (password: string) => {
  const client = new DigestClient({ username, password });
  return (await client.send(`${server.url}/transaction/none`, { method: 'GET' })).status;
};

describe('another password', () => {
  it('ends the present one and all sessions but this one, at once', async () => {
    const elsewhere = await signedIn(first);
    expect(await isIn(elsewhere)).toBe(true);
    const cookies = new Map(reader.cookies);
    const done = await change();
    expect(done).toMatchObject({ status: 303, headers: { location: '/console/account?done=password' } });
    const { status, text } = await reader.get('/console/account?done=password');
    expect(status).toBe(200);
    expect(text).toContain('The password is changed.');
    expect(text).not.toContain('name="session"');
    expect(reader.cookies).not.toEqual(cookies);
    expect(await isIn(elsewhere)).toBe(false);
    await isKnown(second);
    expect(await digestStatus(first)).toBe(401);
    expect(await digestStatus(second)).not.toBe(401);
    expect(await isIn(await signedIn(second))).toBe(true);
  });

  it('can be changed again, and has the same rules each time', async () => {
    await change();
    await isKnown(second);
    expect((await change({ present: second, password: third, again: third })).status).toBe(303);
    expect((await stored())?.ha1).toBe(secretsOf(username, third).ha1Sha256);
  });

  it.each([
    [{ password: 'short', again: 'short' }, 'New password: at least 12 characters'],
    [{ password: 'aaaaaaaaaaaaaaaa', again: 'aaaaaaaaaaaaaaaa' }, 'New password: at least 5 different characters'],
    [{ password: 'hidden\u200bcharacters', again: 'hidden\u200bcharacters' }, 'invisible characters'],
    [{ password: 'nul\0in the middle', again: 'nul\0in the middle' }, 'invisible characters'],
    [{ again: `${second} ` }, 'once more: the same as the new password'],
    [{ password: '', again: '' }, 'New password: at least 12 characters'],
    [{ password: first, again: first }, 'another one than the present one'],
    [{ overlap: 'constructor' }, 'End of the present password: one of none, day, week, month'],
    [{ overlap: '' }, 'End of the present password: one of'],
  ])('is refused by %j', async (fields, rule) => {
    const before = await stored();
    const { status, text } = await change(fields);
    expect(status).toBe(400);
    expect(text).toContain(rule);
    expect(await stored()).toEqual(before);
    expect(await isIn()).toBe(true);
  });

  it('may not have the user name in it', async () => {
    const password = `my ${username.toUpperCase()} pass`;
    expect((await change({ password, again: password })).text).toContain('without the user name in it');
  });

  it('is composed as logins compare it', async () => {
    const password = 'pa\u0308ssword a\u030ao\u0308 12';
    expect((await change({ password, again: password })).status).toBe(303);
    expect((await stored())?.ha1).toBe(secretsOf(username, password.normalize('NFC')).ha1Sha256);
    await isKnown(password.normalize('NFC'));
    expect(await isIn(await signedIn(password))).toBe(true);
  });

  it('needs the present one; wrong ones count with those of logins', async () => {
    const before = await stored();
    for (let guess = 0; guess < 10; guess++) {
      const { status, text } = await change({ present: `guess ${guess}` });
      expect(status).toBe(401);
      expect(text).toContain('The present password is wrong.');
    }
    const refused = await change();
    expect(refused.status).toBe(429);
    expect(refused.text).toMatch(/Too many wrong passwords; try again in \d+ seconds/);
    expect((await new PageReader(server.url).logIn(username, first)).status).toBe(429);
    expect(await digestStatus(first)).toBe(429);
    expect(await stored()).toEqual(before);
    expect(await isIn()).toBe(true);
    minutes(2);
    expect((await change()).status).toBe(303);
  });

  it('of two that are asked for at the same time, one is there', async () => {
    const { text } = await reader.get('/console/account');
    const [, token = ''] = /name="token" value="([^"]+)"/.exec(text) ?? [];
    const send = (password: string) =>
      reader.post('/console/account/password', {
        ...{ token, present: first, overlap: 'none' },
        ...{ password, again: password },
      });
    const answers = await Promise.all([second, third].map(send));
    const done = answers.filter(({ headers }) => headers.location === '/console/account?done=password');
    expect(done).toHaveLength(1);
    const winner = answers.indexOf(done[0] as (typeof answers)[number]);
    expect((await stored())?.ha1).toBe(secretsOf(username, [second, third][winner] ?? '').ha1Sha256);
  });

  it('is not asked for by a form of another session or site', async () => {
    const fields = { present: first, password: second, again: second, overlap: 'none' };
    expect((await reader.post('/console/account/password', { ...fields, token: 'x' })).status).toBe(403);
    const cross = { 'sec-fetch-site': 'cross-site' };
    expect((await reader.post('/console/account/password', fields, cross)).status).toBe(403);
    expect((await stored())?.ha1).toBe(secretsOf(username, first).ha1Sha256);
  });
});

describe('a second password', () => {
  it('lets in beside the former one until that ends by its time', async () => {
    await change({ overlap: 'day' });
    await isKnown(second);
    expect((await stored())?.until).toEqual(new Date(clock.read().getTime() + 86_400_000));
    expect(await digestStatus(first)).not.toBe(401);
    expect(await digestStatus(second)).not.toBe(401);
    minutes(24 * 60);
    expect(await digestStatus(first)).toBe(401);
    reader = await signedIn(second);
    expect((await reader.get('/console/account')).text).toContain('Change the password');
  });

  it('leaves the sessions of the former one until its user ends it', async () => {
    const elsewhere = await signedIn(first);
    await change({ overlap: 'week' });
    await isKnown(second);
    const { text } = await reader.get('/console/account');
    expect(text).toContain('There are two passwords');
    expect(text).not.toContain('name="again"');
    expect(await isIn(elsewhere)).toBe(true);
    const again = await change({ present: second, password: third, again: third });
    expect(again).toMatchObject({ status: 409, text: expect.stringContaining('end the former one first') });
    const former = await endFormer(first);
    expect(former).toMatchObject({
      status: 400,
      text: expect.stringContaining('the former password; give the present'),
    });
    expect((await endFormer('guess')).status).toBe(401);
    expect(await isIn(elsewhere)).toBe(true);
    expect((await endFormer(second)).headers.location).toBe('/console/account?done=former');
    expect((await reader.get('/console/account?done=former')).text).toContain('The former password has ended.');
    expect(await isIn(elsewhere)).toBe(false);
    await expect.poll(() => digestStatus(first), WAIT).toBe(401);
    expect(await stored()).toMatchObject({ until: null });
  });
});

describe('an operator', () => {
  beforeEach(async () => {
    username = `operator-${count}`;
    const { prisma } = server.deps.database;
    await addOperator(prisma, { username, role: 'viewer', ...secretsOf(username, first) });
    reader = await signedIn(first);
  });

  it('of any role has a second password, too, and no record of it has either', async () => {
    expect((await change({ overlap: 'month' })).status).toBe(303);
    await isKnown(second);
    expect(await isIn(await signedIn(first))).toBe(true);
    expect(await isIn(await signedIn(second))).toBe(true);
    const records = await server.sql<{ target: string }>(
      `SELECT target FROM sppp_api.operator_request WHERE username = $1 AND method = 'POST'`,
      [username],
    );
    expect(records).toEqual([{ target: '/console/account/password' }]);
  });

  it('has one password again when another operator sets it', async () => {
    await change({ overlap: 'month' });
    const { prisma } = server.deps.database;
    await addOperator(prisma, { username, role: 'viewer', ...secretsOf(username, third) });
    expect(await stored()).toMatchObject({ until: null });
    await isKnown(third);
    for (const password of [first, second]) {
      expect((await new PageReader(server.url).logIn(username, password)).status).toBe(401);
    }
    expect(await isIn()).toBe(false);
  });
});
