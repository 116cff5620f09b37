/** Look-ups over HTTP: authorization, formats of answers, and refusals. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addGrant } from '../../src/registry/access/administration.js';
import { b, expectDone, ref, sedGrp, uriRec } from '../support/carrier.js';
import { send } from '../support/digest-client.js';
import { type Lookups, lookupPath, lookups } from '../support/lookup.js';
import { destGrp, obj, tn } from '../support/message.js';
import { offer, offerKey, type Party, party } from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';

const [ssp1, ssp2, ssp3] = ['iana-en:111', 'iana-en:222', 'iana-en:225'] as const;
const number = '+12025550100';
let server: TestServer;
let asked: Lookups;
let target: Party;

beforeAll(async () => {
  server = await startServer({ settings: { SPPP_LOOKUP_TIMEOUT: '8000', SPPP_LOOKUP_CONNECTIONS: '12' } });
  asked = lookups(server);
  target = party(server, 'ssp2r');
  const records = [
    obj(
      'NAPTRType',
      b('sedName', 'SIP') +
        b('isInSvc', true) +
        b('ttl', 300) +
        `<b:order>50</b:order>${b('flags', 'u')}${b('svcs', 'E2U+sip')}` +
        b('regx', b('ere', '^\\+1(.*)$') + b('repl', 'sip:\\1!x@ssp2.example')),
    ),
    obj(
      'NAPTRType',
      `${b('sedName', 'NAME')}${b('isInSvc', true)}<b:order>10</b:order>${b('svcs', 'E2U+sip')}${b('repl', 'luf.ssp2.example.')}`,
    ),
    obj('URIType', uriRec('TEL', 'tel:\\1')),
  ];
  expectDone(
    await target.add(
      destGrp('SECRET_NAME'),
      ...records,
      tn(number, ['SECRET_NAME']),
      obj('SedGrpType', sedGrp('GRP', ref('SIP', 10) + ref('NAME', 20) + ref('TEL', 30) + b('dgName', 'SECRET_NAME'))),
      offer('GRP', ssp1),
    ),
  );
  expectDone(await party(server, 'ssp1').accept(offerKey('GRP', ssp1)));
});
afterAll(() => server.close());

/** Own properties only: `__proto__` too. */
const fieldOf = (field: string, value: string) => Object.fromEntries([[field, value]]);
const path = (query: Record<string, string | undefined> = {}) => lookupPath(number, { asker: ssp1, ...query });

describe('a look-up needs', () => {
  it('a login, whatever the question', async () => {
    for (const each of [path(), '/lookup/1', '/lookup/']) {
      const { status, headers } = await send(server.url + each);
      expect(status).toBe(401);
      expect(String(headers['www-authenticate'])).toContain('Digest');
    }
  });

  it('a grant of the registrar for the asker', async () => {
    expect((await asked.send('ssp1', path())).status).toBe(200);
    for (const asker of [ssp2, 'iana-en:99999', '']) {
      const { status, text } = await asked.send('ssp1', path({ asker }));
      expect([status, text]).toEqual(
        asker === '' ? [400, expect.stringContaining('asker')] : [403, 'No grant to look up for this asker.\n'],
      );
    }
    const { prisma } = server.deps.database;
    await addGrant(prisma, ssp1, ssp3, { nouns: undefined, verbs: ['get'], spans: undefined });
    await addGrant(prisma, ssp1, ssp2, { nouns: ['DestGrp'], verbs: ['lookup'], spans: undefined });
    for (const asker of [ssp3, ssp2]) expect((await asked.send('ssp1', path({ asker }))).status).toBe(403);
    await addGrant(prisma, ssp1, ssp3, { nouns: undefined, verbs: ['lookup'], spans: undefined });
    await expect.poll(async () => (await asked.send('ssp1', path({ asker: ssp3 }))).status).toBe(200);
  });
});

describe('a look-up answers', () => {
  it('JSON with the records in order, without the registrant’s identifier and destination group', async () => {
    const { status, headers, text } = await asked.send('ssp1', path());
    expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    const common = { registrant: ssp2, recordRegistrant: ssp2, sedGroup: 'GRP', groupPriority: 10 };
    expect(JSON.parse(text)).toEqual({
      identifier: number,
      asker: ssp1,
      records: [
        {
          ...common,
          position: 1,
          sedRecord: 'SIP',
          kind: 'NAPTR',
          priority: 10,
          order: 50,
          svcs: 'E2U+sip',
          flags: 'u',
          ere: '^\\+1(.*)$',
          regxRepl: 'sip:\\1!x@ssp2.example',
          ttl: 300,
          finalUri: 'sip:2025550100!x@ssp2.example',
        },
        {
          ...common,
          position: 2,
          sedRecord: 'NAME',
          kind: 'NAPTR',
          priority: 20,
          order: 10,
          svcs: 'E2U+sip',
          repl: 'luf.ssp2.example.',
        },
        {
          ...common,
          position: 3,
          sedRecord: 'TEL',
          kind: 'URI',
          priority: 30,
          ere: '^(.*)$',
          uri: 'tel:\\1',
          finalUri: 'tel:+12025550100',
        },
      ],
    });
    expect(text).not.toContain('SECRET_NAME');
  });

  it('routes for Kamailio: SIP URIs, to be tried in order', async () => {
    const expected = { version: '1.0', routing: 'serial', routes: [{ uri: 'sip:2025550100!x@ssp2.example' }] };
    for (const [query, accept] of [
      [{ format: 'rtjson' }, 'text/html'],
      [{}, 'application/vnd.kamailio.rtjson+json'],
    ] as const) {
      const { headers, text } = await asked.send('ssp1', path(query), { accept });
      expect(headers['content-type']).toBe('application/vnd.kamailio.rtjson+json; charset=utf-8');
      expect(JSON.parse(text)).toEqual(expected);
    }
  });

  it('lines of a zone file, which sort in DNS as the answer does', async () => {
    const owner = '0.0.1.0.5.5.5.2.0.2.1';
    for (const [query, accept] of [
      [{ format: 'naptr' }, '*/*'],
      [{}, 'text/dns, application/json;q=0.5'],
    ] as const) {
      const { headers, text } = await asked.send('ssp1', path(query), { accept });
      expect(headers['content-type']).toBe('text/dns; charset=utf-8');
      expect(text.split('\n')).toEqual([
        `${owner} 300 IN NAPTR 50 1 "u" "E2U+sip" "!^\\\\+1(.*)$!sip:\\\\1\\\\!x@ssp2.example!" .`,
        `${owner} IN NAPTR 50 2 "" "E2U+sip" "" luf.ssp2.example.`,
        `${owner} IN NAPTR 50 3 "u" "E2U+pstn:tel" "!^(.*)$!tel:\\\\1!" .`,
        '',
      ]);
    }
  });

  it('an empty list if there are no records, and the same if none is shared', async () => {
    const nothing = { status: 200, records: [] };
    const ask = async (user: 'ssp1' | 'ssp4', identifier: string, asker: string) => {
      const { status, text } = await asked.send(user, lookupPath(identifier, { asker }));
      return { status, records: (JSON.parse(text) as { records: unknown[] }).records };
    };
    expect(await ask('ssp1', '19995550100', ssp1)).toEqual(nothing);
    expect(await ask('ssp4', number, 'iana-en:226')).toEqual(nothing);
    expect(await ask('ssp1', 'sip:a/b?c#d@ssp2.example', ssp1)).toEqual(nothing);
  });

  it('304 to a client that has the answer, until the answer changes', async () => {
    const first = await asked.send('ssp1', path());
    const etag = String(first.headers.etag);
    expect(etag).toMatch(/^"json-[\w-]{22}"$/);
    expect(first.headers['cache-control']).toBe('private, no-cache');
    const again = (tag: string, query = {}) => asked.send('ssp1', path(query), { 'if-none-match': tag });
    for (const tag of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      expect(await again(tag)).toMatchObject({ status: 304, text: '', headers: { etag } });
    }
    expect((await again(etag, { format: 'rtjson' })).status).toBe(200);
    expectDone(await target.add(destGrp('ELSEWHERE')));
    expect((await again(etag)).status).toBe(304);
    expectDone(await target.add(obj('URIType', uriRec('TEL', 'tel:\\1;x'))));
    const changed = await again(etag);
    expect([changed.status, changed.headers.etag === etag]).toEqual([200, false]);
    expectDone(await target.add(obj('URIType', uriRec('TEL', 'tel:\\1'))));
    expect((await again(etag)).status).toBe(304);
  });
});

describe('a look-up refuses', () => {
  const addressRule = 'an IPv4 or IPv6 address without zone or prefix length';
  it.each([
    ['sourceIp', '192.0.2.300', addressRule],
    ['sourceIp', '192.0.2.0/24', addressRule],
    ['sourceIp', 'fe80::1%eth0', addressRule],
    ['sourceUri', 'sip:\u0000', 'no control characters'],
    ['format', 'xml', 'one of json, rtjson, naptr'],
    ['asker', '', 'an organization id such as iana-en:32473'],
    ['sourceUrl', 'sip:a', 'asker, sourceUri, sourceIp, rootDomain and format only'],
    ['__proto__', 'x', 'asker, sourceUri, sourceIp, rootDomain and format only'],
  ])('%s=%s: 400 with field, value and rule', async (field, value, rule) => {
    const { status, text } = await asked.send('ssp1', lookupPath(number, { asker: ssp1, ...fieldOf(field, value) }));
    expect([status, JSON.parse(text)]).toEqual([400, { field, value, rule }]);
  });

  it('a parameter that is longer than any identifier, or is repeated: 400', async () => {
    const long = await asked.send('ssp1', path({ sourceUri: 'x'.repeat(2001) }));
    expect([long.status, JSON.parse(long.text)]).toEqual([
      400,
      { field: 'sourceUri', value: `${'x'.repeat(100)}…`, rule: 'at most 2000 characters' },
    ]);
    const twice = await asked.send('ssp1', `${path()}&asker=${ssp1}`);
    expect([twice.status, JSON.parse(twice.text)]).toEqual([
      400,
      expect.objectContaining({ field: 'asker', rule: 'once' }),
    ]);
    expect((await asked.send('ssp1', lookupPath(number, {}))).status).toBe(400);
  });

  it.each([
    ['', 'a number, rn= and a number, or a URI'],
    ['rn=x', 'digits, with or without +, after tn= and rn='],
    ['tn=', 'digits, with or without +, after tn= and rn='],
    ['RN=12025550100', 'digits, with or without +, after tn= and rn='],
    ...[
      ...[
        '+49-30-5555555',
        '+',
        '٣',
        '+٣٤',
        '１２',
        '1 202 555 0100',
        '(030) 5555',
        '1-800-FLOWERS',
        '+49.30',
        '++49',
        '-1',
      ],
      ...['12:34', '*', '49\u200b30'],
    ].map((text) => [text, 'digits 0 to 9, with or without + before them; a URI has a scheme']),
    ['a\nb', 'no control characters'],
  ])('the identifier %j: 400', async (value, rule) => {
    const { status, text } = await asked.send('ssp1', lookupPath(value, { asker: ssp1 }));
    expect([status, JSON.parse(text)]).toEqual([400, { field: 'identifier', value, rule }]);
  });

  it('unknown formats: 406, with the known ones', async () => {
    const { status, text } = await asked.send('ssp1', path(), { accept: 'text/html, application/json;q=0' });
    expect([status, text]).toEqual([406, expect.stringContaining('text/dns')]);
  });

  it('a pattern that could take too long: at its add', async () => {
    const criterion = b('sourceIdent', b('sourceIdentRegex', '(^|$|a){18}') + b('sourceIdentScheme', 'uri'));
    const group = sedGrp('SLOW', b('dgName', 'SECRET_NAME') + criterion);
    const { code, details } = await target.add(obj('SedGrpType', group));
    expect([code, details]).toEqual([2100, [expect.objectContaining({ code: 2101 })]]);
  });

  it('a pattern that takes too long nevertheless: 503 for the look-ups that meet it, while others are answered', async () => {
    const slow = 'sip:slow@ssp2.example';
    expectDone(await target.add(obj('URIPubIdType', b('dgName', 'SECRET_NAME') + b('uri', slow))));
    const [group] = await server.sql<{ id: number }>(`SELECT id FROM sppp.sed_group WHERE name = 'GRP'`);
    // The checks of an add refuse such a pattern, so the test stores it by SQL.
    await server.sql(
      `INSERT INTO sppp.sed_group_source_ident (sed_group_id, position, scheme, regex)
       VALUES ($1, 0, 'uri', '(^|$|a){18}'), ($1, 1, 'rootDomain', '.')`,
      [group?.id],
    );
    const ended: string[] = [];
    const ask = async (what: string, identifier: string) => {
      const sourceUri = 'a'.repeat(1900);
      const received = await asked.send('ssp1', lookupPath(identifier, { asker: ssp1, sourceUri }));
      ended.push(what);
      return received;
    };
    // As many as there are connections for slow look-ups, so that each has its whole time.
    const slowOnes = Promise.all(Array.from({ length: 3 }, () => ask('slow', slow)));
    for (let each = 0; each < 3; each++) expect((await ask('quick', '1')).status).toBe(200);
    for (const { status, headers } of await slowOnes) expect([status, headers['retry-after']]).toEqual([503, '1']);
    expect(ended.slice(0, 3)).toEqual(['quick', 'quick', 'quick']);
    await server.sql(`DELETE FROM sppp.sed_group_source_ident WHERE sed_group_id = $1`, [group?.id]);
    expect((await asked.records('ssp1', number)).length).toBe(3);
  });

  it('a question that breaks a statement, alone: questions in the same statement are answered', async () => {
    const [group] = await server.sql<{ id: number }>(`SELECT id FROM sppp.sed_group WHERE name = 'GRP'`);
    await server.sql(
      `INSERT INTO sppp.sed_group_source_ident (sed_group_id, position, scheme, regex) VALUES ($1, 0, 'uri', '(')
       ON CONFLICT (sed_group_id, position) DO UPDATE SET regex = excluded.regex`,
      [group?.id],
    );
    const statuses = await Promise.all(
      ['1', number, '2', number, '3'].map(async (each) => {
        return (await asked.send('ssp1', lookupPath(each, { asker: ssp1, sourceUri: 'sip:a' }))).status;
      }),
    );
    await server.sql(`DELETE FROM sppp.sed_group_source_ident WHERE sed_group_id = $1`, [group?.id]);
    expect(statuses).toEqual([200, 500, 200, 500, 200]);
  });
});

describe('concurrent look-ups', () => {
  it('get the answers that each would get alone', async () => {
    const questions = Array.from({ length: 200 }, (_, index) => (index % 3 === 0 ? number : `1999${index}`));
    const answers = await Promise.all(
      questions.map(async (identifier) => {
        const { text } = await asked.send('ssp1', lookupPath(identifier, { asker: ssp1 }));
        return JSON.parse(text) as { identifier: string; records: { position: number }[] };
      }),
    );
    expect(answers.map(({ identifier, records }) => [identifier, records.map(({ position }) => position)])).toEqual(
      questions.map((identifier) => [identifier, identifier === number ? [1, 2, 3] : []]),
    );
  });
});

describe('the OpenAPI document', () => {
  interface Get {
    readonly parameters: readonly { readonly name: string }[];
    readonly responses: Readonly<Record<string, unknown>>;
  }
  const getOf = (text: string, path: string): Get => {
    const { paths } = JSON.parse(text) as { paths: Record<string, { get: Get }> };
    return paths[path]?.get ?? { parameters: [], responses: {} };
  };

  it('is public, and describes every field of an answer', async () => {
    const { status, headers, text } = await send(`${server.url}/openapi.json`);
    expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    expect(JSON.parse(text)).toMatchObject({ openapi: '3.1.0' });
    const get = getOf(text, '/lookup/{identifier}');
    expect(get.parameters.map(({ name }) => name)).toEqual([
      ...['identifier', 'asker', 'sourceUri', 'sourceIp', 'rootDomain', 'format', 'If-None-Match'],
    ]);
    expect(Object.keys(get.responses)).toEqual(['200', '304', '400', '401', '403', '406', '503']);
    const { text: answered } = await asked.send('ssp1', path());
    const fields = (JSON.parse(answered) as { records: object[] }).records.flatMap((record) => Object.keys(record));
    for (const field of fields) expect(text).toContain(`"${field}":`);
  });

  it('has every resource that answers JSON, with the members of its answers', async () => {
    const others: Record<string, string[]> = {
      ...{ '/agreements': ['get', 'post'], '/agreements/{id}': ['delete'] },
      ...{ '/events/ack': ['post'], '/events/consumers/{name}': ['delete'] },
      ...{ '/webhooks': ['get', 'post'], '/webhooks/{id}': ['get', 'delete'], '/webhooks/{id}/rotate': ['post'] },
      ...{ '/webhooks/{id}/enable': ['post'], '/webhooks/{id}/test': ['post'] },
      '/webhooks/{id}/deliveries/{event}/redeliver': ['post'],
    };
    const { text } = await send(`${server.url}/openapi.json`);
    const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, unknown>> };
    expect(Object.entries(paths).map(([each, methods]) => [each, Object.keys(methods)])).toEqual(
      [
        ...['/health', '/health/live', '/health/write', '/health/lookup'],
        ...['/transaction/{serverTransId}', '/transaction/{serverTransId}/failures', '/transaction'],
        ...['/transaction/failures', '/webhooks', '/webhooks/{id}', '/webhooks/{id}/rotate', '/webhooks/{id}/enable'],
        ...['/webhooks/{id}/test', '/webhooks/{id}/deliveries', '/webhooks/{id}/deliveries/{event}/redeliver'],
        ...['/feed', '/objects', '/agreements', '/agreements/{id}/offers', '/agreements/{id}'],
        ...['/events', '/events/ack', '/events/consumers'],
        ...['/events/consumers/{name}', '/events/schemas', '/events/schemas/{type}', '/about', '/lookup/{identifier}'],
      ].map((each) => [each, others[each] ?? ['get']]),
    );
    for (const described of ['/health', '/health/live', '/health/write', '/health/lookup', '/about']) {
      const { status, text: answered } = await send(server.url + described);
      const { content } = getOf(text, described).responses['200'] as {
        content: { 'application/json': { schema: { required: string[] } } };
      };
      expect([status, Object.keys(JSON.parse(answered) as object)]).toEqual([
        200,
        content['application/json'].schema.required,
      ]);
    }
  });

  it('describes feeds, with every status of their answers', async () => {
    const { text } = await send(`${server.url}/openapi.json`);
    const get = getOf(text, '/feed');
    expect(get.parameters.map(({ name }) => name)).toEqual(['asker', 'since']);
    expect(Object.keys(get.responses)).toEqual(['200', '400', '401', '403', '410', '503']);
  });
});
