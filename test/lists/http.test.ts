/** GET /objects over HTTP: its lines, its order, its one state, what is refused, and readers that leave, linger or ask twice. */

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import type { DestGrp } from '../../src/model/dest-grp.js';
import type { Obj } from '../../src/model/obj.js';
import { objKinds } from '../../src/model/object-order.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { DigestClient, send } from '../support/digest-client.js';
import { pullList, readList } from '../support/list.js';
import { addRequest, destGrp, readAnswer } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';
import { addOf, oneOfEach } from '../support/typed-requests.js';
import '../support/long-timeouts.js';

const owner = { rant: 'iana-en:111', rar: 'iana-en:111' };
const NUMBERS = 60_000;
/** Only names that a transaction id cannot be. */
const nothing = '/transaction?clientTransId=none';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  const { prisma } = server.deps.database;
  await addOperator(prisma, { username: 'op', role: 'administrator', label: '', ...secretsOf('op', 'op') });
  const added = await server.post(addOf(oneOfEach(owner.rant, owner.rar, ['iana-en:222'])), { as: 'ssp1' });
  expect(readAnswer(added.text)).toMatchObject({ code: 1000 });
});
afterAll(() => server.close());

const asUser = (username: string) => new DigestClient({ username, password: username });

async function addMany(to: TestServer): Promise<void> {
  await to.post(addRequest(destGrp('MANY', owner)), { as: 'ssp1' });
  await to.sql(
    `INSERT INTO sppp.public_identifier (transaction_id, rant_id, kind, value)
     SELECT (SELECT max(id) FROM sppp.transaction), o.id, 'TN', (19000000000 + n)::text
       FROM generate_series(1, ${NUMBERS}) n, sppp.organization o WHERE o.org_id = 'iana-en:111'`,
  );
}

/** Begins to read a list, and stops behind its first bytes. */
async function begin(from: TestServer, client: DigestClient): Promise<IncomingMessage> {
  expect((await client.send(from.url + nothing, {})).status).toBe(200);
  const url = `${from.url}/objects`;
  const outgoing = request(url, { headers: { authorization: client.authorization(url, 'GET') } }).end();
  outgoing.on('error', () => undefined);
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  expect(incoming.statusCode).toBe(200);
  await once(incoming, 'readable');
  return incoming;
}

/** Transactions that a list has open. */
const reading = (from: TestServer) =>
  from.sql(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
        AND backend_xmin IS NOT NULL`,
  );

describe('a list', () => {
  it('has a first line, the objects with what the server sets, and a last line', async () => {
    const { headers, status, text } = await asUser('ssp1').send(`${server.url}/objects`, {
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'application/x-ndjson; charset=utf-8',
      'content-encoding': 'gzip',
      'cache-control': 'no-store',
    });
    const { head, objects } = readList(text);
    const nouns = ['DestGrp', 'SedRec', 'SedGrp', 'SedGrpOffer', 'EgrRte', 'PubId'];
    expect(head).toEqual({
      ...{ list: 1, registrar: 'iana-en:111', at: expect.stringMatching(/^\d{4}-.*Z$/), kinds: objKinds },
      whole: Object.fromEntries(nouns.map((noun) => [noun, ['iana-en:111']])),
    });
    expect(objects.map(({ object }) => object.kind)).toEqual([
      ...['DestGrpType', 'DestGrpType', 'NAPTRType', 'NSType', 'URIType', 'SedGrpType', 'SedGrpType'],
      ...['SedGrpOfferType', 'SedGrpOfferType', 'EgrRteType', 'TNType', 'TNType', 'TNRType', 'TNPType', 'RNType'],
      'URIPubIdType',
    ]);
    const tn = objects.map(({ object }) => object).find((object) => 'tn' in object && object.tn === '+12025550100');
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    expect(tn).toEqual({
      ...{ kind: 'TNType', ...owner, cDate: time, dgName: ['EAST'], tn: '+12025550100', sedRecRef: [] },
      corInfo: { corClaim: true, cor: true, corDate: time },
    });
    expect((await asUser('ssp1').send(`${server.url}/objects`)).headers['content-encoding']).toBeUndefined();
  });

  it('is in the order of code points of folded names, digit by digit, however they are written', async () => {
    const names = ['b_1', 'A_1', 'a_0', 'ß_1', '\u{1f600}_1', '\uff21_1', 'Zz_', 'z_z'];
    const groups = names.map(
      (dgName): DestGrp => ({ kind: 'DestGrpType', rant: 'iana-en:225', rar: 'iana-en:225', dgName }),
    );
    const numbers = ['+2', '10', '+1', '9', '100', '+011'].map(
      (tn): Obj => ({ kind: 'TNType', rant: 'iana-en:225', rar: 'iana-en:225', dgName: [], tn, sedRecRef: [] }),
    );
    const answer = await server.post(addOf([...groups, ...numbers]), { as: 'ssp3' });
    expect(readAnswer(answer.text)).toMatchObject({ code: 1000 });
    const { objects } = await pullList(asUser('ssp3'), server.url);
    expect(objects.map(({ object }) => ('tn' in object ? object.tn : 'dgName' in object && object.dgName))).toEqual([
      ...['a_0', 'A_1', 'b_1', 'ß_1', 'z_z', 'Zz_', '\uff21_1', '\u{1f600}_1'],
      ...['+011', '+1', '10', '100', '+2', '9'],
    ]);
  });

  it('of nothing has its first and its last line', async () => {
    expect((await pullList(asUser('ssp4'), server.url)).objects).toEqual([]);
    expect((await pullList(asUser('ssp1'), server.url, '?rant=iana-en:9999')).objects).toEqual([]);
  });

  it('comes whole with objects as large as they may be', async () => {
    const ext = (n: number) => `<x:x xmlns:x="urn:x">${String(n).repeat(15_000).slice(0, 15_000)}</x:x>`;
    const large = Array.from(
      { length: 150 },
      (_, n): Obj => ({
        kind: 'DestGrpType',
        rant: 'iana-en:226',
        rar: 'iana-en:226',
        dgName: `LARGE_${n}`,
        ext: ext(n),
      }),
    );
    expect(readAnswer((await server.post(addOf(large), { as: 'ssp4' })).text)).toMatchObject({ code: 1000 });
    const { objects } = await pullList(asUser('ssp4'), server.url);
    expect(new Set(objects.map(({ object }) => object.ext))).toEqual(new Set(large.map((each) => each.ext)));
  });
});

describe('what is refused', () => {
  it.each([
    ['?kind=TNType&knid=TNType', { field: 'knid', value: 'TNType', rule: 'kind and rant only' }],
    ['?a=1&a=2', { field: 'a', value: '1 2', rule: 'kind and rant only' }],
    ['?kind=TN', { field: 'kind', value: 'TN', rule: `one of ${objKinds.join(', ')}` }],
    ['?kind=', { field: 'kind', value: '', rule: `one of ${objKinds.join(', ')}` }],
    ['?kind=TNType&kind=tntype', { field: 'kind', value: 'tntype', rule: `one of ${objKinds.join(', ')}` }],
    ['?rant=', { field: 'rant', value: '', rule: 'an organization id of 1 to 255 characters' }],
    [`?rant=${'a'.repeat(256)}`, { field: 'rant', value: `${'a'.repeat(100)}…`, rule: expect.stringContaining('255') }],
    ['?rant=a%00', { field: 'rant', value: 'a\0', rule: 'no control characters' }],
    ['?__proto__=1', { field: '__proto__', value: '1', rule: 'kind and rant only' }],
  ])('a parameter that breaks a rule: %s', async (query, fault) => {
    const { status, text, headers } = await asUser('ssp1').send(`${server.url}/objects${query}`);
    expect({ status, type: headers['content-type'] }).toEqual({ status: 400, type: 'application/json; charset=utf-8' });
    expect(JSON.parse(text)).toEqual(fault);
  });

  it('a client without a login, an operator, and other methods', async () => {
    expect((await send(`${server.url}/objects`)).status).toBe(401);
    expect((await send(`${server.url}/objects?knid=1`)).status).toBe(401);
    expect((await asUser('op').send(`${server.url}/objects`)).status).toBe(403);
    expect((await asUser('ssp1').send(`${server.url}/objects`, { method: 'POST' })).status).toBe(405);
  });
});

describe('a long list', () => {
  beforeAll(() => addMany(server));

  it('is of one state, whatever happens while it is read', async () => {
    const incoming = await begin(server, asUser('ssp1'));
    await server.sql(`DELETE FROM sppp.public_identifier WHERE value LIKE '1900005%'`);
    await server.post(addRequest(destGrp('LATER', owner)), { as: 'ssp1' });
    const { objects } = readList((await incoming.toArray()).join(''));
    const numbers = objects.filter(({ object }) => 'tn' in object && object.tn.startsWith('190'));
    expect(numbers).toHaveLength(NUMBERS);
    expect(objects.some(({ object }) => object.kind === 'DestGrpType' && object.dgName === 'LATER')).toBe(false);
  });

  it('gives its connection back when its reader leaves, in the middle or before its first number', async () => {
    for (let n = 0; n < 3; n++) {
      const incoming = await begin(server, asUser('ssp1'));
      incoming.destroy();
      await expect.poll(async () => (await reading(server)).length).toBe(0);
    }
    expect((await pullList(asUser('ssp1'), server.url, '?kind=DestGrpType')).objects.length).toBeGreaterThan(0);
  });

  it('is pulled once at a time by one registrar, as feeds are, and counted', async () => {
    const incoming = await begin(server, asUser('ssp1'));
    const again = await asUser('ssp1').send(`${server.url}/objects`);
    expect(again).toMatchObject({ status: 503, text: 'A list of objects of this registrar is being sent.\n' });
    expect(again.headers['retry-after']).toBe('5');
    expect((await asUser('ssp1').send(`${server.url}/feed?asker=iana-en:111`)).status).toBe(503);
    expect((await pullList(asUser('ssp4'), server.url)).head.registrar).toBe('iana-en:226');
    const { status, text } = await asUser('op').send(`${server.url}/operator/status`);
    expect({ status, feeds: (JSON.parse(text) as { queues: { feeds: number } }).queues.feeds }).toEqual({
      status: 200,
      feeds: 1,
    });
    incoming.destroy();
    await expect.poll(async () => (await asUser('ssp1').send(`${server.url}/objects`)).status).toBe(200);
  });
});

it('a list that takes longer than it may is cut off, and without its end', async () => {
  const hasty = await startServer({ settings: { SPPP_FEED_TIMEOUT: '500' } });
  await addMany(hasty);
  const incoming = await begin(hasty, asUser('ssp1'));
  await expect.poll(async () => (await reading(hasty)).length).toBe(0);
  await expect(incoming.toArray()).rejects.toThrow('aborted');
  await hasty.close();
});
