/**
 * All routes of the console, as Fastify has them, and all who may visit them: no page shows what its visitor may not see, and
 * no form that does not come from the console changes anything.
 */

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { objectLists } from '../../src/console/lists/object-lists.js';
import { objectsPath } from '../../src/console/paths.js';
import { addCredential, addOrganization } from '../../src/registry/access/administration.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { suspendOrganization } from '../../src/registry/access/organizations.js';
import { TestClock } from '../support/carrier.js';
import { PageReader } from '../support/page-reader.js';
import { type Planted, plant, planted } from '../support/planted.js';
import { registryContents } from '../support/registry-contents.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const clock = new TestClock();
let server: TestServer;
/** `GET /console/find` and all others. */
const routes = new Set<string>();
/** Pages that an administrator, and the registrar of SSP2, get to by links. */
const pages = new Set<string>();
/** The names of the parameters of links, and of the fields of forms. */
const parameters = new Set<string>();
/** The server's id of a request of SSP2. */
let transaction = '';

const everything = Object.keys(planted) as Planted[];
/** Who visits, and what of SSP2's each may see; `nobody` has no login. */
const visitors: Readonly<Record<string, readonly Planted[]>> = {
  nobody: [],
  // A registrar that acts for itself alone.
  ssp4: [],
  // With a grant to get destination groups.
  ssp3: ['DestGrp', 'organization'],
  // A peer: an accepted group as a Get shows it, and offers, also the one that waits.
  ssp1: ['shared', 'SedRec', 'target', 'DestGrp', 'waiting', 'note'],
  suspended: [],
  ssp2r: everything,
  viewer: everything,
  operator: everything,
  administrator: everything,
};
const names = Object.keys(visitors);
const readers = new Map<string, PageReader>();
const readerOf = (name: string) => readers.get(name) as PageReader;

beforeAll(async () => {
  const collect = (message: unknown) => {
    const { fastify } = message as { fastify: FastifyInstance };
    fastify.addHook('onRoute', ({ method, url }) => {
      if (!url.startsWith('/console')) return;
      for (const each of [method].flat()) if (each === 'GET' || each === 'POST') routes.add(`${each} ${url}`);
    });
  };
  subscribe('fastify.initialization', collect);
  server = await startServer({ clock: clock.read, backgroundJobs: false });
  unsubscribe('fastify.initialization', collect);
  const { prisma, pool } = server.deps.database;
  for (const role of ['viewer', 'operator', 'administrator'] as const) {
    await addOperator(prisma, { username: role, role, ...secretsOf(role, role) });
  }
  await addOrganization(prisma, 'iana-en:227', '');
  const suspended = { registrar: 'iana-en:227', username: 'suspended' };
  await addCredential(prisma, { ...suspended, ...secretsOf('suspended', 'suspended') });
  transaction = await plant(server);
  for (const name of names) {
    const reader = new PageReader(server.url);
    if (name !== 'nobody') expect((await reader.logIn(name, name)).status, name).toBe(303);
    readers.set(name, reader);
  }
  await suspendOrganization(pool, 'iana-en:227', clock.read());
  await vi.waitFor(async () => expect((await readerOf('suspended').get('/console')).status).toBe(403), {
    timeout: 60_000,
    interval: 100,
  });
  for (const name of ['administrator', 'ssp2r']) await follow(readerOf(name));
});
afterAll(() => server.close());

/** Values of parameters: what SSP2 has, by its own name and as a key. */
const values = () => [
  ...Object.values(planted),
  ...['PLANT_', 'iana-en:222', 'iana-en:223', transaction, '1', 'tn:iana-en:222:+12025557700'],
  ...['destGrp:iana-en:222:PLANT_DEST', 'sedGrp:iana-en:222:PLANT_SHARED', 'sedGrp:iana-en:222:PLANT_WAITING'],
  ...['sedRec:iana-en:222:PLANT_REC', 'egrRte:iana-en:222:PLANT_ROUTE', `uri:iana-en:222:${planted.uri}`],
  ...['sedGrpOffer:iana-en:222:PLANT_SHARED/iana-en:111', 'sedGrpOffer:iana-en:222:PLANT_WAITING/iana-en:111'],
];

/** Adds all pages of the console that links lead to, and the names of what they ask for. */
async function follow(reader: PageReader): Promise<void> {
  const finds = values().map((value) => `/console/find?${new URLSearchParams({ q: value })}`);
  const queue = ['/console', ...finds, `/console/request?id=${transaction}`];
  const seen = new Set<string>();
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    if (seen.has(path)) continue;
    seen.add(path);
    pages.add(path);
    for (const name of new URL(path, server.url).searchParams.keys()) parameters.add(name);
    const { text } = await reader.get(path);
    for (const [, link = ''] of text.matchAll(/ href="(\/console[^"#]*)"/g)) queue.push(link.replaceAll('&amp;', '&'));
    for (const [, field = ''] of text.matchAll(/<(?:input|select|textarea)[^>]* name="([^"]+)"/g))
      parameters.add(field);
  }
}

/** Each route with each value in all parameters that any page has, and all pages that links lead to. */
function targets(): string[] {
  const asked = [...routes].flatMap((route) => {
    const [method, url = ''] = route.split(' ');
    if (method !== 'GET') return [];
    return values().map((value) => {
      const path = url.replace(/:\w+|\*/g, () => encodeURIComponent(value));
      return `${path}?${new URLSearchParams([...parameters].map((name) => [name, value]))}`;
    });
  });
  // Lists refuse a value that is none of the words of a field, so each value is asked for in the other fields.
  const listed = objectLists.flatMap(({ name, fields }) =>
    fields
      .filter(({ words }) => words === undefined)
      .flatMap((field) => values().map((value) => objectsPath(name, { [field.name]: value }))),
  );
  return [...asked, ...listed, ...pages];
}

/** The same text about what is not there. */
function absent(text: string): string {
  return text
    .replaceAll(transaction, '01234567-89ab-cdef-0123-456789abcdef')
    .replaceAll(/plant/gi, (word) => (word === 'plant' ? 'never' : 'NEVER'))
    .replaceAll('12025557700', '12025558800')
    .replaceAll(/(iana-en(?::|%3A))22[23]/g, '$1999');
}

it('the routes are known, and pages of each were found', () => {
  expect(routes.size).toBeGreaterThan(10);
  const found = new Set([...pages].map((page) => `GET ${new URL(page, server.url).pathname}`));
  expect([...found].filter((page) => !routes.has(page))).toEqual([]);
  expect([...parameters]).toEqual(expect.arrayContaining(['key', 'id', 'q', 'identifier', 'asker']));
});

describe('a page', () => {
  it.each(names)('shows %s nothing that it may not see', async (name) => {
    const hidden = everything.filter((each) => !visitors[name]?.includes(each));
    const shown = new Set<string>();
    for (const target of targets()) {
      const { status, text } = await readerOf(name).get(target);
      expect(status, target).toBeLessThan(500);
      const asked = decodeURIComponent(target.replaceAll('+', ' '));
      const leaks = hidden.filter((each) => text.includes(planted[each]) && !asked.includes(planted[each]));
      expect(leaks, target).toEqual([]);
      if (hidden.length > 0 && !asked.includes(transaction)) expect(text, target).not.toContain(transaction);
      for (const each of everything)
        if (text.includes(planted[each]) && !asked.includes(planted[each])) shown.add(each);
    }
    expect([...shown].sort()).toEqual([...(visitors[name] ?? [])].sort());
  });

  it.each(['nobody', 'ssp4', 'suspended'])('answers %s as if what others have were not there', async (name) => {
    for (const target of targets()) {
      if (absent(target) === target) continue;
      const [there, missing] = [await readerOf(name).get(target), await readerOf(name).get(absent(target))];
      expect(missing.status, target).toBe(there.status);
      expect(missing.text, target).toBe(absent(there.text));
    }
  });
});

describe('a form', () => {
  it.each(names)('that %s sends from elsewhere, or without the token of the session, changes nothing', async (name) => {
    const reader = readerOf(name);
    const before = await registryContents(server);
    const [, token = ''] = /name="token" value="([^"]+)"/.exec((await reader.get('/console')).text) ?? [];
    const posts = [...routes].filter((route) => route.startsWith('POST ')).map((route) => route.slice(5));
    expect(posts.length).toBeGreaterThan(3);
    for (const url of posts) {
      for (const value of ['1', 'sedGrpOffer:iana-en:222:PLANT_WAITING/iana-en:111', ...Object.values(planted)]) {
        const path = url.replace(/:\w+|\*/g, () => encodeURIComponent(value));
        const fields = {
          ...Object.fromEntries([...parameters].map((field) => [field, value])),
          answer: 'accept',
          sure: 'yes',
        };
        for (const wrong of ['', 'x'.repeat(43)]) {
          const { status } = await reader.post(path, { ...fields, token: wrong });
          expect(status, path).toBeGreaterThanOrEqual(300);
        }
        for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }]) {
          const { status } = await reader.post(path, { ...fields, token, username: 'ssp1', password: 'ssp1' }, headers);
          expect(status, path).toBeGreaterThanOrEqual(403);
        }
      }
    }
    expect(await registryContents(server)).toEqual(before);
  });
});
