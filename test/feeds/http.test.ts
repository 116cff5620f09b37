/** Feeds over HTTP and from the commands, and their authorization. */

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.js';
import { addGrant, removeGrants } from '../../src/registry/access/administration.js';
import { b, ref, sedGrp, uriRec } from '../support/carrier.js';
import { type Installation, install, Serving, sppp } from '../support/command-line.js';
import { DigestClient } from '../support/digest-client.js';
import { type Lookups, lookups } from '../support/lookup.js';
import { addRequest, destGrp, obj, readAnswer, tn } from '../support/message.js';
import { acceptRequest, offer, offerKey, party } from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';
import { seed } from '../support/sql-seed.js';
import '../support/long-timeouts.js';

let server: TestServer;
let asked: Lookups;
beforeAll(async () => {
  server = await startServer();
  await seed(server);
  asked = lookups(server);
});
afterAll(() => server.close());

const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const pull = async (since?: string, asker = 'iana-en:111') => {
  const query = new URLSearchParams({ asker, ...(since === undefined ? {} : { since }) });
  return asked.send('ssp1', `/feed?${query}`, { 'accept-encoding': 'gzip' });
};

/** Enough numbers that the server must wait for a client that does not read. */
const addMany = (to: TestServer) =>
  to.sql(
    `INSERT INTO sppp.public_identifier (transaction_id, c_date, rant_id, rar_id, kind, value)
     SELECT (SELECT max(id) FROM sppp.transaction), now(), o.id, o.id, 'TN', (19000000000 + n)::text
       FROM generate_series(1, 100000) n, sppp.organization o WHERE o.org_id = 'iana-en:111'`,
  );
const fetching = (from: TestServer) =>
  from.sql(
    `SELECT FROM pg_stat_activity WHERE query LIKE 'FETCH%lines%' AND datname = current_database() AND state <> 'idle'`,
  );

describe('GET /feed', () => {
  it('returns a snapshot first, in the order of dependence, and ends with a cursor', async () => {
    const { status, headers, text } = await pull();
    expect({ status, type: headers['content-type'] }).toEqual({
      status: 200,
      type: 'application/x-ndjson; charset=utf-8',
    });
    const lines = linesOf(text);
    expect(lines[0]).toEqual({ feed: 1, asker: 'iana-en:111', kind: 'snapshot' });
    expect(lines.at(-1)).toEqual({ end: expect.stringMatching(/^1\./), removed: 0, put: lines.length - 2 - 3 });
    const nouns = new Set(lines.slice(0, -1).flatMap(({ put }) => (put === undefined ? [] : [put])));
    nouns.delete('Organization');
    expect([...nouns]).toEqual(['DestGrp', 'SedRec', 'SedGrp', 'PubId', 'EgrRte']);
    const seen = (noun: string) => lines.filter(({ put }) => put === noun).map(({ name, value }) => name ?? value);
    expect(seen('SedGrp')).toEqual(['INGRESS_EAST', 'INGRESS_WEST', 'TRANSIT_GROUP']);
    expect(seen('DestGrp')).toEqual(['EAST', 'WEST', 'TRANSIT']);
    expect(seen('SedRec')).toEqual(['SBE_EAST', 'SBE_SPARE', 'SBE_WEST', 'SBE_TRANSIT']);
    expect(seen('EgrRte')).toEqual(['UNUSED', 'VIA_SBE1']);
    expect(lines.find(({ value }) => value === '12025550100')).toMatchObject({ registrant: 'iana-en:222', cor: true });
    // In no destination group: shown with its records, or as an exception to the prefix +1 of another organization.
    expect(lines.find(({ value }) => value === '12025550103')).toMatchObject({ sedRecords: [{ priority: 10 }] });
    expect(lines.find(({ value }) => value === '12025550102')).toBeUndefined();
    expect(
      lines.find(({ value, registrant }) => value === '12025550100' && registrant === 'iana-en:225'),
    ).toMatchObject({
      isException: true,
    });
  });

  it('then returns only the changes', async () => {
    const cursor = String(linesOf((await pull()).text).at(-1)?.end);
    expect(linesOf((await pull(cursor)).text)).toMatchObject([
      { kind: 'changes', since: cursor },
      { put: 'Organization', orgId: 'iana-en:111' },
      { removed: 0, put: 0 },
    ]);
    await party(server, 'ssp2r').add(tn('+12025550177', ['EAST']), tn('+12025550178', ['FORGOTTEN']));
    const lines = linesOf((await pull(cursor)).text).filter(({ put }) => put === 'PubId');
    expect(lines).toMatchObject([{ value: '12025550177', spelling: '+12025550177', registrant: 'iana-en:222' }]);
  });

  it('needs a grant to read all data of the asker', async () => {
    expect((await pull(undefined, 'iana-en:222')).status).toBe(403);
    expect((await pull(undefined, 'iana-en:9999')).status).toBe(403);
    const { prisma } = server.deps.database;
    await addGrant(prisma, 'iana-en:111', 'iana-en:225', { nouns: ['SedRec'], verbs: undefined, spans: undefined });
    await expect.poll(async () => (await pull(undefined, 'iana-en:225')).status).toBe(403);
    await addGrant(prisma, 'iana-en:111', 'iana-en:225', { nouns: undefined, verbs: ['get'], spans: undefined });
    await expect.poll(async () => (await pull(undefined, 'iana-en:225')).status).toBe(200);
    await removeGrants(prisma, 'iana-en:111', 'iana-en:225');
    await expect.poll(async () => (await pull(undefined, 'iana-en:225')).status).toBe(403);
  });

  it('gives the reason for an invalid cursor, and says when a new snapshot is needed', async () => {
    expect(await pull('rubbish')).toMatchObject({ status: 400, text: 'Not a cursor of a feed.\n' });
    const cursor = String(linesOf((await pull()).text).at(-1)?.end);
    const gone = await pull(cursor.replace(/^1\.\d+/, '1.1'));
    expect(gone.status).toBe(410);
    expect(gone.text).toContain('Take a new snapshot');
  });

  it('needs a login and an asker', async () => {
    const { status } = await fetch(`${server.url}/feed?asker=iana-en:111`);
    expect(status).toBe(401);
    expect((await asked.send('ssp1', '/feed')).status).toBe(400);
  });

  it('gives its connection back when the reader disconnects', async () => {
    await addMany(server);
    const client = new DigestClient({ username: 'ssp1', password: 'ssp1' });
    const url = `${server.url}/feed?asker=iana-en:111`;
    expect((await client.send(`${server.url}/transaction?clientTransId=none`, {})).status).toBe(200);
    for (let n = 0; n < 4; n++) {
      const outgoing = request(url, { headers: { authorization: client.authorization(url, 'GET') } });
      outgoing.on('error', () => undefined);
      outgoing.end();
      const [incoming] = await once(outgoing, 'response');
      expect(incoming.statusCode).toBe(200);
      await once(incoming, 'data');
      incoming.destroy();
      await expect.poll(async () => (await fetching(server)).length).toBe(0);
    }
    const { status, text } = await pull();
    expect(status).toBe(200);
    expect(linesOf(text).length).toBeGreaterThan(100_000);
  }, 120_000);
});

it('a pull that takes too long is cut, and has no last line', async () => {
  const hasty = await startServer({ settings: { SPPP_FEED_TIMEOUT: '500' } });
  await seed(hasty);
  await addMany(hasty);
  const client = new DigestClient({ username: 'ssp1', password: 'ssp1' });
  const url = `${hasty.url}/feed?asker=iana-en:111`;
  expect((await client.send(`${hasty.url}/transaction?clientTransId=none`, {})).status).toBe(200);
  const outgoing = request(url, { headers: { authorization: client.authorization(url, 'GET') } }).end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  await once(incoming, 'readable');
  await expect.poll(async () => (await fetching(hasty)).length).toBe(0);
  await expect(incoming.toArray()).rejects.toThrow('aborted');
  await hasty.close();
});

describe('sppp export and sppp follow', () => {
  let installation: Installation;
  beforeAll(async () => {
    installation = await install();
  }, 120_000);
  afterAll(() => installation.remove());

  it('fill a database that answers as the registry does', async () => {
    const folder = () => mkdtemp(join(tmpdir(), 'sppp-feed-'));
    const registry = { SPPP_DATA_DIR: await folder(), SPPP_PORT: '0', SPPP_DEMO_PASSWORD: 'demo' };
    const repository = { SPPP_DATA_DIR: await folder() };
    const asker = 'iana-en:225';
    const serving = await Serving.start(installation, ['demo'], registry);
    try {
      const post = async (username: string, xml: string) => {
        const client = new DigestClient({ username, password: 'demo' });
        const headers = { 'content-type': 'text/xml; charset=utf-8' };
        const { text } = await client.send(serving.url ?? '', { method: 'POST', headers, body: xml });
        expect(readAnswer(text)).toMatchObject({ code: 1000 });
      };
      const position = async () =>
        (await sppp(installation, ['follow', '--create', '--position', asker], repository)).out.trim();
      const pullOnce = async (...since: string[]) => {
        const exported = await sppp(installation, ['export', '--asker', asker, ...since], registry);
        expect(exported).toMatchObject({ code: 0, err: '' });
        const followed = await sppp(installation, ['follow'], repository, exported.out);
        expect(followed).toMatchObject({ code: 0, err: '' });
        return exported.out;
      };
      const answers = async (settings: Record<string, string>) =>
        JSON.parse(
          (await sppp(installation, ['resolve', '+1203', '--asker', asker, '--json'], settings)).out,
        ) as unknown;

      expect(await position()).toBe('');
      await pullOnce();
      expect(await answers(repository)).toEqual([]);
      await post(
        'ssp2r',
        addRequest(
          destGrp('EAST'),
          obj('TNPType', b('dgName', 'EAST') + b('tnPrefix', '+1203')),
          obj('URIType', uriRec('SBE', 'sip:\\1@east.example')),
          obj('SedGrpType', sedGrp('INGRESS', ref('SBE', 10) + b('dgName', 'EAST'))),
          offer('INGRESS', asker),
        ),
      );
      await post('ssp3', acceptRequest(offerKey('INGRESS', asker)));
      const last = await pullOnce('--since', await position());
      expect(await answers(repository)).toMatchObject([{ finalUri: 'sip:+1203@east.example' }]);
      expect(await answers(repository)).toEqual(await answers(registry));

      const again = await sppp(installation, ['follow'], repository, last);
      expect(again).toMatchObject({ code: 1, err: expect.stringContaining('sppp: The feed goes on from') });
      for (const [input, message] of hostile(last)) {
        const { code, out, err } = await sppp(installation, ['follow'], repository, input);
        expect({ code, out }, input.slice(0, 200)).toEqual({ code: 1, out: '' });
        expect(err, input.slice(0, 200)).toMatch(message);
        expect(err).not.toMatch(/ at .*\.js/);
      }
      expect(await answers(repository), 'nothing of it was applied').toEqual(await answers(registry));

      const absent = await sppp(installation, ['export', '--asker', 'iana-en:9999'], registry);
      expect(absent).toMatchObject({ code: 1, err: 'sppp: No organization iana-en:9999.\n' });
    } finally {
      await serving.end('SIGTERM');
      for (const { SPPP_DATA_DIR } of [registry, repository]) {
        await rm(SPPP_DATA_DIR, { recursive: true, force: true, maxRetries: 20 });
      }
    }
  }, 600_000);
});

describe('settings', () => {
  it('have defaults and bounds', () => {
    expect(readConfig({})).toMatchObject({ feedDays: 30, limits: { feeds: 2, feedTimeout: 3_600_000 } });
    expect(readConfig({ SPPP_FEED_DAYS: '7', SPPP_FEEDS: '5' })).toMatchObject({ feedDays: 7, limits: { feeds: 5 } });
    expect(() => readConfig({ SPPP_FEED_DAYS: '0' })).toThrow('SPPP_FEED_DAYS=0: a whole number from 1 to 36500');
    expect(() => readConfig({ SPPP_FEEDS: 'many' })).toThrow('SPPP_FEEDS=many: a whole number from 1 to 1000');
  });
});

/** Feeds of a broken or hostile registry, with the message for each. */
function hostile(feed: string): readonly (readonly [string, RegExp])[] {
  const head = JSON.stringify({ feed: 1, asker: 'iana-en:225', kind: 'snapshot' });
  const of = (...lines: readonly unknown[]) => [head, ...lines.map((line) => JSON.stringify(line))].join('\n');
  const organization = { put: 'Organization', id: 1, name: 'x:y' };
  return [
    ['', /^sppp: The feed ends before its last line\.\n$/],
    ['null\n', /^sppp: Line 1 is not a line of a feed: null\n$/],
    ['[]\n', /^sppp: Line 1 is not/],
    ['"text"\n', /^sppp: Line 1 is not/],
    ['{"feed":1,"asker":"iana-en:225","since":{"toString":1}}\n', /^sppp: Not a feed of version 1\.\n$/],
    ['{"feed":1,"asker":"\\u0000","kind":"snapshot"}\n', /^sppp: The feed does not fit, line 1: /],
    [of({ put: 'Nothing' }, { end: 'x' }), /^sppp: A line of unknown kind: put Nothing\n$/],
    [of({ put: { toString: 1 } }, { end: 'x' }), /^sppp: A line of unknown kind: put \n$/],
    [of({ remove: '__proto__' }, { end: 'x' }), /^sppp: A line of unknown kind: remove __proto__\n$/],
    [of({ remove: 'PubId', id: 'x' }, { end: 'x' }), /^sppp: The feed does not fit, lines 2 to 2: .*bigint/],
    [of(organization, { put: 'DestGrp', id: 1e30, registrant: 'x:y', name: 'G' }, { end: 'x' }), /does not fit, lines/],
    [of({ put: 'Organization', id: 1, name: '\u0000' }, { end: 'x' }), /does not fit, lines 2 to 2: /],
    [of({ end: 'no cursor', removed: 0, put: 0 }), /^sppp: Line 2: no cursor: no cursor\n$/],
    [`${head}\n${'['.repeat(200_000)}\n`, /^sppp: Line 2 is not a line of a feed: \[\[/],
    [`${head}\n{"put":"DestGrp","name":"${'x'.repeat(17_000_000)}`, /^sppp: Line 2: at most 16777216 characters\.\n$/],
    [feed.slice(0, -20), /^sppp: (?:Line \d+ is not a line of a feed|The feed)/],
  ];
}
