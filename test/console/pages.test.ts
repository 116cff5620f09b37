/** Pages of the console: what is found, shown and explained, and to whom. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examples } from '../../src/cli/demo-data.js';
import { secretsOf } from '../../src/cli/password.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { carrier } from '../support/carrier.js';
import { delRequest, destGrp, objKey, readAnswer } from '../support/message.js';
import { PageReader } from '../support/page-reader.js';
import { startServer, type TestServer, type UserName } from '../support/server.js';
import '../support/long-timeouts.js';

let server: TestServer;
const readers = new Map<string, PageReader>();
/** The server's id of the request that provisioned the numbers. */
let transaction = '';

beforeAll(async () => {
  server = await startServer();
  await addOperator(server.deps.database.prisma, { username: 'olga', role: 'viewer', ...secretsOf('olga', 'olga') });
  for (const { username, message } of await examples()) {
    const { text } = await server.post(message, { as: username as UserName });
    const isDone = readAnswer(text).code === 1000;
    if (isDone && username === 'ssp2r') transaction = /<[\w:]*serverTransId>([^<]+)</.exec(text)?.[1] ?? '';
  }
  for (const username of ['olga', 'ssp1', 'ssp2r', 'ssp3', 'ssp4']) {
    const reader = new PageReader(server.url);
    expect((await reader.logIn(username, username)).status).toBe(303);
    readers.set(username, reader);
  }
});
afterAll(() => server.close());

const page = async (username: string, path: string) => {
  const { status, text } = await (readers.get(username) as PageReader).get(path);
  return { status, text, words: wordsOf(text) };
};
const find = (username: string, text: string) => page(username, `/console/find?${new URLSearchParams({ q: text })}`);
const why = (username: string, question: Record<string, string>) =>
  page(username, `/console/why?${new URLSearchParams(question)}`);

/** What a reader sees, without markup. */
function wordsOf(html: string): string {
  return html
    .replace(/<(?:style|head)\b[\s\S]*?<\/(?:style|head)>/g, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}

describe('a search', () => {
  it.each(['+12025550101', '12025550101', '+1 (202) 555-0101', 'tel:+1-202-555-0101', ' 1 202 555 0101 '])(
    'finds a number as people write it: %s',
    async (text) => {
      const { status, words } = await find('ssp2r', text);
      expect(status).toBe(200);
      expect(words).toMatch(/Number \+?12025550101 iana-en:222/);
    },
  );

  it('finds the prefixes and ranges that a number is in', async () => {
    const { words } = await find('ssp3', '12025550199');
    expect(words).toMatch(/Prefix 1 iana-en:225/);
  });

  it('finds objects by how their names begin, in whatever case', async () => {
    const { words } = await find('ssp2r', 'ingress');
    expect(words).toContain('SED group INGRESS_EAST iana-en:222');
    expect(words).toContain('SED group INGRESS_WEST iana-en:222');
  });

  it('finds organizations by id and name, and requests by both ids', async () => {
    expect((await find('olga', 'iana-en:22')).words).toContain('iana-en:225');
    expect((await find('olga', transaction)).text).toContain(`/console/request?id=${transaction}`);
    expect((await find('ssp2r', transaction)).text).toContain(`/console/request?id=${transaction}`);
  });

  it('shows a registrar what its grants give, and what is shared with it, and nothing else', async () => {
    expect((await find('ssp4', '12025550101')).words).toContain('Nothing that you may see is called so.');
    expect((await find('ssp4', 'ingress')).words).toContain('Nothing that you may see');
    expect((await find('ssp4', transaction)).words).toContain('Nothing that you may see');
    expect((await find('ssp4', 'iana-en:22')).words).not.toContain('iana-en:225');
    expect((await find('ssp1', 'ingress')).words).toContain('INGRESS_WEST');
    expect((await find('ssp1', 'ingress')).words).not.toContain('INGRESS_TEST');
  });

  it.each(['', ' ', '%', "'; DROP TABLE sppp.event; --", '\0', '\u{10ffff}', 'x'.repeat(3000), '1-2-3', '+', '\ud800'])(
    'for %j is answered',
    async (text) => {
      expect((await find('olga', text)).status).toBe(200);
    },
  );
});

describe('the page of an object', () => {
  const of = (username: string, key: string) => page(username, `/console/object?${new URLSearchParams({ key })}`);

  it('shows its fields, what refers to it, and the request that wrote it last', async () => {
    const { status, text, words } = await of('ssp2r', 'sedGrp:iana-en:222:INGRESS_WEST');
    expect(status).toBe(200);
    expect(words).toContain('priority');
    expect(words).toMatch(/Offer INGRESS_WEST\/iana-en:111/);
    expect(text).toMatch(/href="\/console\/object\?key=destGrp%3A/);
    expect(text).toMatch(/href="\/console\/request\?id=[0-9a-f-]{36}"/);
  });

  it('is the same for operators, who see all objects', async () => {
    expect((await of('olga', 'sedGrp:iana-en:222:INGRESS_WEST')).words).toContain('priority');
    expect((await of('olga', 'tn:iana-en:222:12025550101')).words).toContain('dgName');
    expect((await of('olga', 'tn:iana-en:999:12025550101')).status).toBe(404);
  });

  it('says to operators, and to the registrant itself, who may see it', async () => {
    const readers = async (username: string, key: string) =>
      / Who may see it, besides operators Organization By (.*?) Requests /.exec((await of(username, key)).words)?.[1];
    const granted = 'iana-en:223 a grant for its registrant';
    expect(await readers('olga', 'destGrp:iana-en:222:WEST')).toBe(granted);
    expect(await readers('olga', 'sedGrp:iana-en:222:INGRESS_WEST')).toBe(`${granted} iana-en:111 an offer`);
    expect(await readers('olga', 'sedRec:iana-en:222:SBE_WEST')).toBe(`${granted} iana-en:111 an offer`);
    expect(await readers('olga', 'sedGrpOffer:iana-en:222:INGRESS_WEST/iana-en:111')).toBe(
      `${granted} iana-en:111 an offer`,
    );
    expect(await readers('ssp3', 'destGrp:iana-en:225:TRANSIT')).toBe('iana-en:225 a grant for its registrant');
    expect(await readers('ssp2r', 'destGrp:iana-en:222:WEST')).toBeUndefined();
  });

  it('leads to all that is in a destination group', async () => {
    const { text } = await of('ssp2r', 'destGrp:iana-en:222:WEST');
    const [, path = ''] = /<a href="([^"]+)">All public identifiers in it<\/a>/.exec(text) ?? [];
    expect((await page('ssp2r', path.replaceAll('&amp;', '&'))).words).toMatch(/Number \+?12025550101/);
  });

  it('of a number, a range or a URI of others is answered like none', async () => {
    for (const key of ['tn:iana-en:222:12025550101', 'tnPrefix:iana-en:225:1', 'uri:iana-en:222:sip:a@b.example']) {
      expect((await of('ssp4', key)).status, key).toBe(404);
    }
  });

  it('shows peers what a Get shows, and nobody else that there is one', async () => {
    const peer = await of('ssp1', 'sedGrp:iana-en:222:INGRESS_WEST');
    expect(peer.status).toBe(200);
    expect(peer.words).toContain('It belongs to another organization');
    expect(peer.words).not.toContain('iana-en:225');
    const hidden = await of('ssp4', 'sedGrp:iana-en:222:INGRESS_WEST');
    const missing = await of('ssp4', 'sedGrp:iana-en:222:NO_SUCH');
    expect(hidden).toMatchObject({ status: 404, text: missing.text });
  });

  it('tells of one that was deleted when that was', async () => {
    const ssp2 = carrier(server);
    const key = 'destGrp:iana-en:222:GONE';
    await ssp2.add(destGrp('GONE'));
    expect((await of('ssp2r', key)).words).toContain('last written');
    await ssp2.del(objKey('DestGrp', 'GONE'));
    const { status, words } = await of('ssp2r', key);
    expect(status).toBe(200);
    expect(words).toContain('There is no such object now.');
    expect(words).toContain('deleted');
  });

  it.each(['', 'x', 'sedGrp', 'sedGrp::A', 'tn:iana-en:222:abc', '12025550101'])(
    'of the key %j says what a key is like',
    async (key) => {
      const { status, words } = await of('ssp2r', key);
      expect(status).toBe(400);
      expect(words).toMatch(/“.*”: .+\./);
    },
  );
});

describe('the page of a request', () => {
  it('shows its outcome to its registrar and to operators, and to nobody else', async () => {
    for (const username of ['ssp2r', 'olga']) {
      const { status, words } = await page(username, `/console/request?id=${transaction}`);
      expect(status).toBe(200);
      expect(words).toContain('Committed yes');
    }
    expect((await page('ssp4', `/console/request?id=${transaction}`)).status).toBe(404);
    expect((await page('ssp4', '/console/request?id=x')).status).toBe(404);
  });

  it('lists the objects that failed, with code, attribute, value and reason', async () => {
    const { text } = await server.post(delRequest(objKey('DestGrp', 'NONE')));
    const id = /<[\w:]*serverTransId>([^<]+)</.exec(text)?.[1] ?? '';
    const { words } = await page('ssp2r', `/console/request?id=${id}`);
    expect(words).toContain('2102');
    expect(words).toContain('NONE');
  });
});

describe('an explained look-up', () => {
  const question = { identifier: '+12025550101', asker: 'iana-en:111' };

  it('has the answer, the candidates with their reasons, and the same elsewhere', async () => {
    const { status, words } = await why('olga', question);
    expect(status).toBe(200);
    expect(words).toContain('INGRESS_WEST');
    expect(words).toContain('the SED group is not in service');
    expect(words).toContain('SELECT * FROM sppp_api.explain(');
  });

  it('shows a registrar no candidates of organizations that share nothing with it', async () => {
    const { words } = await why('ssp1', question);
    expect(words).toContain('INGRESS_EAST');
    expect(words).not.toContain('INGRESS_TEST');
    expect(words).toContain('Candidates of organizations that share nothing with you are not shown.');
  });

  it('asks as organizations that a grant gives alone', async () => {
    expect((await why('ssp4', question)).words).toContain('asker “iana-en:111”: an organization that a grant lets you');
  });

  it.each([
    [{ identifier: 'abc1', asker: '' }, 'asker “”'],
    [{ identifier: '+1202x', asker: 'iana-en:111' }, 'identifier “+1202x”'],
    [{ ...question, sourceIp: '1.2.3' }, 'sourceIp “1.2.3”'],
  ])('names the value that breaks a rule: %j', async (asked, fault) => {
    expect((await why('olga', asked as Record<string, string>)).words).toContain(fault);
  });
});

it('a slash at the end leads to the first page', async () => {
  const { status, headers } = await (readers.get('ssp2r') as PageReader).get('/console/');
  expect([status, headers.location]).toEqual([308, '/console']);
});

it('an unknown page is a page, for those who have signed in', async () => {
  for (const path of ['/console/nothing', '/console/object/x']) {
    const { status, text } = await page('ssp2r', path);
    expect([status, text.includes('<h1>Not Found</h1>')], path).toEqual([404, true]);
  }
  const stranger = new PageReader(server.url);
  expect((await stranger.get('/console/nothing')).status).toBe(303);
});

it('a parameter that is given twice is refused by its name', async () => {
  const { status, words } = await page('olga', '/console/find?q=a&q=b');
  expect(status).toBe(400);
  expect(words).toContain('q: once.');
});

it('an organization is shown to operators, to itself and to those who act for it', async () => {
  const of = (username: string, id: string) => page(username, `/console/organization?id=${id}`);
  expect((await of('olga', 'iana-en:222')).words).toContain('Peers');
  expect((await of('ssp2r', 'iana-en:222')).words).toContain('Peers of its groups iana-en:111');
  expect((await of('ssp2r', 'iana-en:225')).status).toBe(404);
  expect((await of('ssp2r', 'iana-en:999')).text).toBe((await of('ssp2r', 'iana-en:225')).text);
});

describe('text of every hostile kind', () => {
  const texts = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    '\u202ereversed',
    '&lt;b&gt;',
  ];

  it.each(texts)('is shown as text: %s', async (text) => {
    for (const path of [
      `/console/find?${new URLSearchParams({ q: text })}`,
      `/console/object?${new URLSearchParams({ key: text })}`,
      `/console/why?${new URLSearchParams({ identifier: text, asker: text, sourceUri: text })}`,
      `/console/login?${new URLSearchParams({ next: `/console?${text}` })}`,
    ]) {
      const { text: html } = await page('olga', path);
      expect(html).not.toMatch(/<script|<img|<b>/);
    }
  });
});

it('what operators look at is recorded', async () => {
  await find('olga', 'a look that is recorded');
  const [row] = await server.sql<{ username: string; role: string }>(
    `SELECT c.username, r.role FROM sppp.operator_request r JOIN sppp.credential c ON c.id = r.credential_id
      WHERE r.target = '/console/find?q=a+look+that+is+recorded'`,
  );
  expect(row).toEqual({ username: 'olga', role: 'viewer' });
});
