/** Signing in through an OpenID provider: a real one, one that lies, and one that is away. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { addCredential, revokeCredential } from '../../src/registry/access/administration.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { resumeOrganization, suspendOrganization } from '../../src/registry/access/organizations.js';
import { TestClock } from '../support/carrier.js';
import type { Received } from '../support/digest-client.js';
import {
  CLIENT,
  type HostileProvider,
  type OpenIdProvider,
  settingsFor,
  startHostileProvider,
  startOpenIdProvider,
} from '../support/openid-provider.js';
import { PageReader } from '../support/page-reader.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const clock = new TestClock();
const minutes = (count: number) => {
  for (let minute = 0; minute < count; minute++) clock.tick();
};
const START = '/console/login/provider';
let provider: OpenIdProvider;
let server: TestServer;
let reader: PageReader;

/** A server with an operator, whose people sign in through a provider. */
async function start(issuer: string, settings: Record<string, string> = {}): Promise<TestServer> {
  const started = await startServer({ clock: clock.read, settings: { ...settingsFor(issuer), ...settings } });
  const { prisma } = started.deps.database;
  await addOperator(prisma, { username: 'olga', role: 'viewer', ...secretsOf('olga', 'olga') });
  return started;
}

beforeAll(async () => {
  provider = await startOpenIdProvider();
  server = await start(provider.issuer);
});
afterAll(async () => {
  await server.close();
  await provider.close();
});
beforeEach(() => {
  minutes(2); // Failures of the tests before are forgotten.
  reader = new PageReader(server.url);
});

/** Begins, and says where the browser is sent to. */
async function begin(who = reader, next = '/console'): Promise<string> {
  const { status, headers } = await who.get(`${START}?${new URLSearchParams({ next })}`);
  expect(status).toBe(303);
  return headers.location ?? '';
}

const signIn = async (user: string, who = reader, next = '/console'): Promise<Received> =>
  who.get(await provider.signIn(await begin(who, next), user));

const isIn = async (who = reader) => (await who.get('/console')).status === 200;

/** Expects that nobody was let in, and that the page has both ways to sign in. */
async function expectRefused({ status, text }: Received, expected: number, words: string, who = reader): Promise<void> {
  expect(text).toContain(words);
  expect(status).toBe(expected);
  expect(text).toContain('name="password"');
  expect(text).toContain(`href="${START}?next=`);
  expect(await isIn(who)).toBe(false);
}

describe('through a real provider', () => {
  it('a registrar gets in, to the page that was asked for', async () => {
    const { text } = await reader.get('/console/login?next=%2Fconsole%2Ffind%3Fq%3D1202');
    expect(text).toContain(`Sign in through ${new URL(provider.issuer).host}`);
    const done = await signIn('ssp2r', reader, '/console/find?q=1202');
    expect(done).toMatchObject({ status: 303, headers: { location: '/console/find?q=1202' } });
    expect((await reader.get('/console')).text).toContain('ssp2r, iana-en:223');
  });

  it('an operator gets in with the role of the credential', async () => {
    expect((await signIn('olga')).headers.location).toBe('/console');
    expect((await reader.get('/console')).text).toContain('olga, viewer');
  });

  it('the session is like any other: listed, ended by its user, and by a new password', async () => {
    const { prisma } = server.deps.database;
    const login = { registrar: 'iana-en:223', username: 'second' };
    await addCredential(prisma, { ...login, ...secretsOf('second', 'first password') });
    await signIn('second');
    expect((await reader.get('/console/account')).text).toContain('this one');
    await reader.postFrom('/console', '/console/logout');
    expect(await isIn()).toBe(false);
    await signIn('second');
    await addCredential(prisma, { ...login, ...secretsOf('second', 'second password') });
    await expect.poll(() => isIn()).toBe(false);
  });

  it.each(['nobody', 'SSP2R', ' ssp2r', 'ssp2r\u0000', '<script>', 'x'.repeat(3000)])(
    'somebody whom the registry does not know as %j is refused',
    async (user) => {
      await expectRefused(await signIn(user), 403, 'No credential that may be used this way has that user name');
    },
  );

  it('a credential that is revoked is refused, and one whose organization is suspended', async () => {
    const { prisma, pool } = server.deps.database;
    const login = { registrar: 'iana-en:223', username: 'former' };
    await addCredential(prisma, { ...login, ...secretsOf('former', 'a password') });
    await signIn('former');
    expect(await isIn()).toBe(true);
    await revokeCredential(prisma, 'former', clock.read());
    await expect.poll(() => isIn()).toBe(false);
    await expectRefused(await signIn('former'), 403, 'No credential that may be used this way');
    await suspendOrganization(pool, 'iana-en:226', clock.read());
    await expect.poll(async () => (await signIn('ssp4')).text).toContain('suspended');
    await resumeOrganization(pool, 'iana-en:226');
    await expect.poll(async () => (await signIn('ssp4')).status).toBe(303);
  });

  it('an answer is good once, in the browser that asked, for ten minutes', async () => {
    const answer = await provider.signIn(await begin(), 'ssp2r');
    const copy = new PageReader(server.url);
    for (const [name, value] of reader.cookies) copy.cookies.set(name, value);
    const stranger = new PageReader(server.url);
    await expectRefused(await stranger.get(answer), 400, 'begun in another browser', stranger);
    await begin(stranger);
    await expectRefused(await stranger.get(answer), 401, 'did not prove who you are', stranger);
    expect((await reader.get(answer)).status).toBe(303);
    expect([...reader.cookies.keys()]).toEqual(['sppp-console']);
    await expectRefused(await copy.get(answer), 401, 'did not prove who you are', copy);
    const late = new PageReader(server.url);
    const lateAnswer = await provider.signIn(await begin(late), 'ssp2r');
    minutes(10);
    await expectRefused(await late.get(lateAnswer), 400, 'too long ago', late);
  });

  it('a request that the browser has changed is none', async () => {
    const answer = await provider.signIn(await begin(), 'ssp2r');
    const [name = '', remembered = ''] = [...reader.cookies][0] ?? [];
    const [secret, endsAt, , signature] = remembered.split('.');
    const elsewhere = Buffer.from('/console/offers').toString('base64url');
    for (const value of [`${secret}.${endsAt}.${elsewhere}.${signature}`, remembered.slice(0, -1), 'x', '...', '']) {
      reader.cookies.set(name, value);
      await expectRefused(await reader.get(answer), 400, 'begun in another browser');
    }
  });

  it('who breaks off there is told so', async () => {
    const state = new URL(await begin()).searchParams.get('state') ?? '';
    const back = new URLSearchParams({ error: 'access_denied', state, iss: provider.issuer });
    await expectRefused(await reader.get(`${START}/answer?${back}`), 401, 'did not prove who you are');
  });

  it.each(['https://example.com/', '//example.com/console', '/consoles', '/console/../sppp\\'])(
    'leads to the start of the console, not to %j',
    async (next) => {
      expect((await signIn('ssp2r', reader, next)).headers.location).toBe('/console');
    },
  );

  it('a link of another site begins nothing', async () => {
    const { status, headers } = await reader.get(`${START}?next=%2Fconsole`, { 'sec-fetch-site': 'cross-site' });
    expect([status, headers.location, reader.cookies.size]).toEqual([303, '/console/login?next=%2Fconsole', 0]);
  });

  it('too many failures are slowed down, and passwords are not', async () => {
    for (let time = 0; time < 10; time++) expect((await signIn('nobody')).status).toBe(403);
    const { status, text } = await signIn('ssp2r');
    expect(status).toBe(429);
    expect(text).toMatch(/Too many logins failed; try again in \d+ seconds/);
    expect((await reader.logIn('ssp2r', 'ssp2r')).status).toBe(303);
    minutes(2);
    expect((await signIn('ssp2r')).status).toBe(303);
  });
});

describe('by the address of an email', () => {
  let byEmail: TestServer;
  beforeAll(async () => {
    byEmail = await start(provider.issuer, { SPPP_OIDC_CLAIM: 'email', SPPP_OIDC_USERS: 'operators' });
    const { prisma } = byEmail.deps.database;
    const role = 'operator';
    await addOperator(prisma, { username: 'olga@example.com', role, ...secretsOf('olga@example.com', 'olga') });
    const login = { registrar: 'iana-en:223', username: 'rita@example.com' };
    await addCredential(prisma, { ...login, ...secretsOf('rita@example.com', 'rita') });
    provider.claims.set('1', { email: 'olga@example.com', email_verified: true });
    provider.claims.set('2', { email: 'olga@example.com', email_verified: false });
    provider.claims.set('3', { email: 'rita@example.com', email_verified: true });
    provider.claims.set('4', { email: ['olga@example.com'], email_verified: true });
  });
  afterAll(() => byEmail.close());

  it('an operator gets in if the provider has verified it, and a registrar does not where the settings say so', async () => {
    const who = new PageReader(byEmail.url);
    expect((await signIn('1', who)).status).toBe(303);
    expect((await who.get('/console')).text).toContain('olga@example.com, operator');
    for (const [user, status] of Object.entries({ '2': 401, '3': 403, '4': 401, olga: 401 })) {
      const stranger = new PageReader(byEmail.url);
      const { status: found } = await signIn(user, stranger);
      expect([user, found]).toEqual([user, status]);
      expect(await isIn(stranger)).toBe(false);
    }
  });
});

describe('a provider that lies', () => {
  let liar: HostileProvider;
  let deceived: TestServer;
  beforeAll(async () => {
    liar = await startHostileProvider();
    deceived = await start(liar.issuer);
  });
  afterAll(async () => {
    await deceived.close();
    await liar.close();
  });
  beforeEach(() => {
    reader = new PageReader(deceived.url);
  });

  const come = async () => reader.get(liar.signIn(await begin()));
  /** The answer with an ID token. */
  const tokens = (idToken: unknown) => ({ access_token: 'token', token_type: 'Bearer', id_token: idToken });
  const without = (name: string, claims: object) =>
    Object.fromEntries(Object.entries(claims).filter(([each]) => each !== name));
  const unsigned = (claims: object) =>
    [{ alg: 'none' }, claims].map((each) => Buffer.from(JSON.stringify(each)).toString('base64url')).join('.');

  it('lets somebody in as long as it tells the truth', async () => {
    liar.tokens = async (nonce) => tokens(await liar.sign(liar.claimsOf('ssp2r', nonce)));
    expect((await come()).status).toBe(303);
    expect(await isIn()).toBe(true);
  });

  const lies: Readonly<Record<string, (nonce: string) => unknown>> = {
    'another nonce': (nonce) => liar.sign({ ...liar.claimsOf('ssp2r', nonce), nonce: 'x'.repeat(43) }),
    'no nonce': (nonce) => liar.sign(without('nonce', liar.claimsOf('ssp2r', nonce))),
    'another audience': (nonce) => liar.sign({ ...liar.claimsOf('ssp2r', nonce), aud: 'another' }),
    'several audiences, issued to another': (nonce) =>
      liar.sign({ ...liar.claimsOf('ssp2r', nonce), aud: [CLIENT.id, 'another'], azp: 'another' }),
    'another issuer': (nonce) => liar.sign({ ...liar.claimsOf('ssp2r', nonce), iss: 'https://id.example.com' }),
    'an issuer that begins alike': (nonce) => liar.sign({ ...liar.claimsOf('ssp2r', nonce), iss: `${liar.issuer}/` }),
    'a token that has ended': (nonce) => liar.sign({ ...liar.claimsOf('ssp2r', nonce), exp: 1_700_000_000 }),
    'a token without an end': (nonce) => liar.sign(without('exp', liar.claimsOf('ssp2r', nonce))),
    'no subject': (nonce) => liar.sign(without('sub', liar.claimsOf('ssp2r', nonce))),
    'a signature of somebody else': (nonce) => liar.signByStranger(liar.claimsOf('ssp2r', nonce)),
    'a key that it does not publish': (nonce) => liar.sign(liar.claimsOf('ssp2r', nonce), { kid: 'other' }),
    'no signature': (nonce) => `${unsigned(liar.claimsOf('ssp2r', nonce))}.`,
    'no ID token': () => undefined,
    'something else': () => 'ssp2r',
    'a number': () => 1,
  };
  it.each(Object.keys(lies))('with %s lets nobody in', async (lie) => {
    liar.tokens = async (nonce) => tokens(await lies[lie]?.(nonce));
    await expectRefused(await come(), 401, 'did not prove who you are');
  });

  it.each([[[]], ['text'], [{ error: 'invalid_grant' }], [{ access_token: 'token', token_type: 'mac' }]])(
    'whose token endpoint says %j lets nobody in',
    async (answer) => {
      liar.tokens = () => answer;
      await expectRefused(await come(), 401, 'did not prove who you are');
    },
  );

  it('that sends too much, or fails, is away', async () => {
    for (const answer of [{ ...tokens(''), padding: 'x'.repeat(2_000_000) }, undefined]) {
      liar.tokens = () => answer;
      await expectRefused(await come(), 503, 'does not answer');
    }
  });

  it('whose metadata are not those of the settings is not asked', async () => {
    const other = await startHostileProvider();
    const registry = await start(other.issuer);
    try {
      reader = new PageReader(registry.url);
      const wrong = [
        { issuer: 'https://id.example.com' },
        { issuer: undefined },
        { authorization_endpoint: undefined },
      ];
      for (const metadata of wrong) {
        other.metadata = metadata;
        await expectRefused(await reader.get(START), 401, 'did not prove who you are');
      }
      other.metadata = {};
      expect((await reader.get(START)).status).toBe(303);
    } finally {
      await registry.close();
      await other.close();
    }
  });
});

it('while the provider is away, passwords let people in, and it is asked again when it is back', async () => {
  const first = await startOpenIdProvider();
  const port = Number(new URL(first.issuer).port);
  await first.close();
  const registry = await start(first.issuer);
  let back: OpenIdProvider | undefined;
  try {
    reader = new PageReader(registry.url);
    await expectRefused(await reader.get(START), 503, 'does not answer');
    expect((await reader.logIn('ssp2r', 'ssp2r')).status).toBe(303);
    back = await startOpenIdProvider(port);
    const who = new PageReader(registry.url);
    const answer = await back.signIn(await begin(who), 'olga');
    expect((await who.get(answer)).status).toBe(303);
    const other = new PageReader(registry.url);
    const lost = await back.signIn(await begin(other), 'olga');
    await back.close();
    back = undefined;
    await expectRefused(await other.get(lost), 503, 'does not answer', other);
  } finally {
    await back?.close();
    await registry.close();
  }
});

it('without a provider there is no such way', async () => {
  const plain = await startServer();
  try {
    reader = new PageReader(plain.url);
    expect((await reader.get('/console/login')).text).not.toContain('Sign in through');
    expect((await reader.get(START)).headers.location).toContain('/console/login?next=');
  } finally {
    await plain.close();
  }
});
