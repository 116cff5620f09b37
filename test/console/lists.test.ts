/** Lists of objects in the console: what they have, for whom, page by page and as CSV. */

import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examples } from '../../src/cli/demo-data.js';
import { secretsOf } from '../../src/cli/password.js';
import { objectLists } from '../../src/console/lists/object-lists.js';
import { addGrant } from '../../src/registry/access/administration.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { carrier, expectDone } from '../support/carrier.js';
import { addHostileObjects, hostileNames } from '../support/hostile-objects.js';
import { destGrp, tn } from '../support/message.js';
import { PageReader } from '../support/page-reader.js';
import { party } from '../support/peering.js';
import { startServer, type TestServer, type UserName } from '../support/server.js';
import '../support/long-timeouts.js';

/** More than two pages of them. */
const MANY = 230;
const many = Array.from({ length: MANY }, (_, index) => `MANY_${String(index).padStart(3, '0')}`);

let server: TestServer;
const readers = new Map<string, PageReader>();

beforeAll(async () => {
  server = await startServer();
  const { prisma } = server.deps.database;
  await addOperator(prisma, { username: 'olga', role: 'viewer', ...secretsOf('olga', 'olga') });
  for (const { username, message } of await examples()) await server.post(message, { as: username as UserName });
  await addHostileObjects(server);
  expectDone(await carrier(server).add(...many.map((name) => destGrp(name))));
  expectDone(await carrier(server).add(destGrp('=1+1'), destGrp('@SUM(A1);"x",y'), tn('+12025559000', ['MANY_000'])));
  const own = { rant: 'iana-en:225', rar: 'iana-en:225' };
  expectDone(await party(server, 'ssp3').add(destGrp('MANY_OF_SSP3', own), tn('+12025559001', ['MANY_OF_SSP3'], own)));
  await addGrant(prisma, 'iana-en:226', 'iana-en:225', { nouns: ['DestGrp'], verbs: ['get'] });
  for (const username of ['olga', 'ssp1', 'ssp2r', 'ssp3', 'ssp4']) {
    const reader = new PageReader(server.url);
    expect((await reader.logIn(username, username)).status).toBe(303);
    readers.set(username, reader);
  }
});
afterAll(() => server.close());

const get = (username: string, path: string) => (readers.get(username) as PageReader).get(path);
const list = (username: string, name: string, parameters: Record<string, string> = {}) =>
  get(username, `/console/objects/${name}?${new URLSearchParams(parameters)}`);
const csv = async (username: string, name: string, parameters: Record<string, string> = {}) => {
  const { status, text } = await list(username, `${name}.csv`, parameters);
  expect(status).toBe(200);
  return parse(text, { columns: true, record_delimiter: '\r\n' }) as Record<string, string>[];
};

/** The address of the link with that text. */
function linkOf(html: string, text: string): string | undefined {
  const [, path] = new RegExp(`<a href="([^"]+)"[^>]*>${text}</a>`).exec(html) ?? [];
  return path?.replaceAll('&amp;', '&');
}

/** The names in the first column of a table. */
function namesIn(html: string): string[] {
  return [...html.matchAll(/<tr><td data-name="Name"><a [^>]*>([^<]*)<\/a>/g)].map(([, name = '']) => name);
}

describe('a list', () => {
  it.each(objectLists.map(({ name }) => name))('of each type is there, with its objects: %s', async (name) => {
    const { status, text } = await list('olga', name);
    expect(status).toBe(200);
    expect(text).toContain('<table>');
    const rows = await csv('olga', name);
    expect(Object.keys(rows[0] ?? {})).toEqual(objectLists.find((each) => each.name === name)?.head);
  });

  it('is reached from the home page and from the navigation', async () => {
    const { text } = await get('ssp2r', '/console');
    expect(linkOf(text, 'Objects')).toBe('/console/objects');
    for (const { name, title } of objectLists) expect(linkOf(text, title)).toBe(`/console/objects/${name}`);
  });

  it('has all objects page by page, there and back, each page with an address of its own', async () => {
    const forward: string[][] = [];
    const paths: string[] = [];
    let path: string | undefined = '/console/objects/destGrp?begin=many_&rant=iana-en%3A222';
    while (path !== undefined) {
      const { text } = await get('ssp2r', path);
      paths.push(path);
      forward.push(namesIn(text));
      path = linkOf(text, 'The next ones');
    }
    expect(forward.map(({ length }) => length)).toEqual([100, 100, 30]);
    expect(forward.flat()).toEqual(many);
    const again = await get('ssp2r', paths[1] ?? '');
    expect(namesIn(again.text)).toEqual(forward[1]);
    const back = linkOf((await get('ssp2r', paths[2] ?? '')).text, 'The previous ones');
    const second = await get('ssp2r', back ?? '');
    expect(namesIn(second.text)).toEqual(forward[1]);
    const first = await get('ssp2r', linkOf(second.text, 'The previous ones') ?? '');
    expect(namesIn(first.text)).toEqual(forward[0]);
    expect(linkOf(first.text, 'The previous ones')).toBeUndefined();
  });

  it('is sorted in both directions, by name and by registrant', async () => {
    const names = async (parameters: Record<string, string>) =>
      (await csv('olga', 'destGrp', { begin: 'many_', ...parameters })).map((row) => row.Name);
    expect(await names({})).toEqual([...many, 'MANY_OF_SSP3']);
    expect(await names({ order: 'descending' })).toEqual([...many, 'MANY_OF_SSP3'].reverse());
    expect((await names({ sort: 'registrant', order: 'descending' })).slice(0, 2)).toEqual([
      'MANY_OF_SSP3',
      'MANY_229',
    ]);
  });

  it.each<[string, Record<string, string>, RegExp, RegExp]>([
    ['sedGrp', { begin: 'ingress' }, /INGRESS_WEST/, /EGRESS/],
    ['sedGrp', { inService: 'no' }, /INGRESS_TEST/, /INGRESS_WEST/],
    ['sedRec', { kind: 'URI', begin: 'w' }, />URI</, />NAPTR</],
    ['sedGrpOffer', { status: 'accepted' }, />accepted</, />offered</],
    ['sedGrpOffer', { rant: 'iana-en:222', offeredTo: 'iana-en:111' }, /INGRESS_WEST/, /offeredBy%3Aiana-en%3A111/],
    ['pubId', { begin: '+1 (202) 555-9' }, /12025559000/, /12025550101/],
    ['pubId', { destGrp: 'many_000' }, /12025559000/, /12025559001/],
    ['pubId', { kind: 'TNPrefix' }, />Prefix</, />Number</],
    ['pubId', { kind: 'URI' }, />URI</, />Number</],
    ['pubId', { rant: 'iana-en:225', begin: '12025559' }, /12025559001/, /12025559000/],
  ])('of %s with %j has what is asked for alone', async (name, parameters, there, missing) => {
    const { status, text: page } = await list('olga', name, parameters);
    expect(status).toBe(200);
    const [text = ''] = /<table>.*<\/table>/s.exec(page) ?? [];
    expect(text).toMatch(there);
    expect(text).not.toMatch(missing);
  });

  it('shows a registrar what its grants give, and what is shared with it apart', async () => {
    expect(namesIn((await list('ssp4', 'destGrp')).text)).toEqual(['MANY_OF_SSP3', 'TRANSIT']);
    for (const name of ['sedGrp', 'sedRec', 'sedGrpOffer', 'egrRte', 'pubId']) {
      expect((await list('ssp4', name)).text).toContain('There is no such object that you may see.');
      expect(await csv('ssp4', name)).toEqual([]);
    }
    const others = await list('ssp4', 'destGrp', { rant: 'iana-en:222' });
    const none = await list('ssp4', 'destGrp', { rant: 'iana-en:999' });
    expect(others.text.replaceAll('iana-en:222', 'iana-en:999')).toBe(none.text);
    expect((await list('ssp1', 'sedGrp')).text).not.toContain('INGRESS_WEST');
    const shared = await list('ssp1', 'sedGrp', { shared: 'yes', begin: 'ingress' });
    expect(shared.text).toContain('INGRESS_WEST');
    expect(shared.text).not.toContain('INGRESS_TEST');
  });

  it('shows a registrar its numbers by number as well, where they are few', async () => {
    const rows = await csv('ssp3', 'pubId', { sort: 'number', begin: '12025559' });
    expect(rows.map(({ Identifier }) => Identifier)).toEqual(["'+12025559001"]);
    const { status, text } = await list('ssp3', 'pubId', { sort: 'number' });
    expect(status).toBe(400);
    expect(text).toContain('sort “number”: added');
  });

  it.each<[Record<string, string>, string]>([
    [{ sort: 'size' }, 'sort “size”: one of name, registrant.'],
    [{ order: 'up' }, 'order “up”: one of ascending, descending.'],
    [{ after: 'x' }, 'after “x”: a place as the links of the list have it.'],
    [{ before: '1:a', after: '1:b' }, 'before “1:a”: not beside after.'],
    [{ begin: 'x'.repeat(5000) }, `begin “${'x'.repeat(100)}…”: at most 2000 characters.`],
  ])('that is asked for by %j says what is wrong', async (parameters, reason) => {
    const { status, text } = await list('olga', 'destGrp', parameters);
    expect(status).toBe(400);
    expect(text).toContain(reason);
  });

  it.each(['%', '_', "'; DROP TABLE sppp.event; --", '\0', '\u{10ffff}', '\ud800', '(', '\\', ' '])(
    'with the text %j in all of its fields is answered',
    async (text) => {
      for (const { name, fields } of objectLists) {
        const parameters = Object.fromEntries(
          fields.filter(({ words }) => words === undefined).map((each) => [each.name, text]),
        );
        expect((await list('olga', name, parameters)).status, name).toBe(200);
        const place = { after: name === 'sedGrpOffer' || name === 'pubId' ? '1' : `1:${text}`, ...parameters };
        const sort = name === 'pubId' ? { sort: 'added' } : {};
        expect((await list('ssp2r', name, { ...place, ...sort })).status, name).toBe(200);
      }
    },
  );

  it('has stored text of every hostile kind as text', async () => {
    for (const { name } of objectLists) {
      for (const username of ['olga', 'ssp1']) {
        const { text } = await list(username, name, username === 'ssp1' && name === 'sedGrp' ? { shared: 'yes' } : {});
        expect(text).not.toMatch(/<script|<img|<svg|<iframe|<b>/);
        expect(text).not.toMatch(/<[a-z]+(?: [a-z-]+(?:="[^"]*")?)* on\w+=/);
      }
    }
  });
});

describe('the CSV of a list', () => {
  it('is a download with the columns of the page', async () => {
    const { status, headers, text } = await list('ssp2r', 'destGrp.csv');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/csv; charset=utf-8; header=present');
    expect(headers['content-disposition']).toBe('attachment; filename="destGrp.csv"');
    expect(text.split('\r\n')[0]).toBe('"Name","Registrant","Registrar","Changed"');
  });

  it('has all objects of the filter, not those of one page', async () => {
    const page = await list('ssp2r', 'destGrp', { begin: 'many_', order: 'descending' });
    const path = linkOf(page.text, 'All of them as CSV');
    expect(path).toBe('/console/objects/destGrp.csv?begin=many_&sort=name&order=descending');
    expect((await csv('ssp2r', 'destGrp', { begin: 'many_' })).map(({ Name }) => Name)).toEqual(many);
  });

  it('has no text that a spreadsheet takes for a formula', async () => {
    const rows = await csv('ssp2r', 'destGrp');
    const names = rows.map(({ Name }) => Name);
    expect(names).toEqual(expect.arrayContaining(["'=1+1", `'@SUM(A1);"x",y`]));
    for (const name of names) expect(name).not.toMatch(/^\s*[=+\-@]/);
    for (const name of hostileNames) expect(names).toContain(name);
  });
});
