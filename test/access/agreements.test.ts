/** Standing agreements over HTTP: who may make them, what is refused, and agreements that change while offers are added. */

import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { addGrant, addOrganization, removeGrants } from '../../src/registry/access/administration.js';
import { MAX_AGREEMENTS } from '../../src/registry/access/agreements.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { expectDone, sedGrp } from '../support/carrier.js';
import { DigestClient, type Received, send } from '../support/digest-client.js';
import { destGrp, obj, textAt, tn } from '../support/message.js';
import { offer, offerObjKey, type Party, party } from '../support/peering.js';
import { createRecordedDatabase, type RecordedDatabase } from '../support/recorded-database.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const [ssp1, ssp2, ssp3, ssp4] = ['iana-en:111', 'iana-en:222', 'iana-en:225', 'iana-en:226'] as const;
const json = { 'content-type': 'application/json' };

let database: RecordedDatabase;
let server: TestServer;
let owner: Party;
beforeAll(async () => {
  database = await createRecordedDatabase();
  server = await startServer({ database });
  owner = party(server, 'ssp2r');
  const { prisma } = server.deps.database;
  await addOperator(prisma, { username: 'op', role: 'administrator', label: '', ...secretsOf('op', 'op') });
});
afterAll(() => server.close());

/** Changes of grants are heard of within this time, also on a busy machine. */
const PATIENT = { timeout: 60_000, interval: 20 };

const clients = new Map<string, DigestClient>();
function clientOf(username: string): DigestClient {
  const client = clients.get(username) ?? new DigestClient({ username, password: username });
  clients.set(username, client);
  return client;
}
const post = (as: string, body: unknown, headers: Record<string, string> = json) =>
  clientOf(as).send(`${server.url}/agreements`, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const withdraw = (as: string, id: number | string) =>
  clientOf(as).send(`${server.url}/agreements/${id}`, { method: 'DELETE' });
const get = (as: string, query = '') => clientOf(as).send(`${server.url}/agreements${query}`, { method: 'GET' });
const read = ({ status, text }: Received): Record<string, unknown> => ({ status, ...JSON.parse(text) });
const idOf = (received: Received) => Number(read(received).id);
const listed = async (as: string, query = '') =>
  (JSON.parse((await get(as, query)).text) as { agreements: { id: number }[] }).agreements.map(({ id }) => id);

describe('POST /agreements', () => {
  it('makes an agreement, says who made it and when, and records the login', async () => {
    const made = await post('ssp1', { offeredTo: ssp1, offeredBy: ssp2, pattern: 'INGRESS_*' });
    expect(read(made)).toEqual({
      status: 201,
      ...{ id: expect.any(Number), offeredTo: ssp1, offeredBy: ssp2, pattern: 'INGRESS_*' },
      ...{ createdAt: expect.stringMatching(/^\d{4}-.*Z$/), createdRegistrar: ssp1 },
      ...{ withdrawnAt: null, withdrawnRegistrar: null },
    });
    expect(made.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
    });
    const rows = await server.sql('SELECT * FROM sppp_api.standing_agreement WHERE id = $1', [idOf(made)]);
    expect(rows).toMatchObject([{ created_by: 'ssp1', created_registrar: ssp1, withdrawn_at: null, offers: '0' }]);
  });

  it('made again is the same one, whatever the case of its pattern; stars in a row are one', async () => {
    const [first, again] = [
      await post('ssp1', { offeredTo: ssp1, offeredBy: ssp2, pattern: 'Straße_**' }),
      await post('ssp1', { offeredTo: ssp1, offeredBy: ssp2, pattern: 'STRASSE_*' }),
    ];
    expect([first.status, again.status, idOf(again)]).toEqual([201, 200, idOf(first)]);
    const bodies = [{}, { pattern: null }, { pattern: '*' }, { pattern: '***' }];
    const all = await Promise.all(bodies.map((body) => post('ssp1', { offeredTo: ssp1, offeredBy: ssp2, ...body })));
    expect(all.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
    expect(new Set(all.map(idOf)).size).toBe(1);
  });

  it('needs a grant to accept offers for the recipient', async () => {
    const refused = { status: 403, text: 'No grant to accept offers for this organization.\n' };
    expect(await post('ssp1', { offeredTo: ssp2, offeredBy: ssp1 })).toMatchObject(refused);
    expect(await post('ssp1', { offeredTo: 'iana-en:9999', offeredBy: ssp1 })).toMatchObject(refused);
    const { prisma } = server.deps.database;
    await addGrant(prisma, ssp1, ssp4, { verbs: ['add', 'get', 'reject'] });
    await addGrant(prisma, ssp1, ssp3, { nouns: ['SedGrpOffer'], verbs: ['accept'] });
    await expect.poll(async () => (await post('ssp1', { offeredTo: ssp3, offeredBy: ssp2 })).status, PATIENT).toBe(201);
    expect(await post('ssp1', { offeredTo: ssp4, offeredBy: ssp2 })).toMatchObject(refused);
    expect(await listed('ssp3', `?offeredBy=${ssp2}`)).toHaveLength(1);
    await removeGrants(prisma, ssp1, ssp3);
    await expect.poll(() => listed('ssp1', `?offeredTo=${ssp3}`), PATIENT).toEqual([]);
    expect((await post('op', { offeredTo: ssp1, offeredBy: ssp2 })).status).toBe(403);
    const nobody = await send(`${server.url}/agreements`, { method: 'POST', headers: json, body: '{}' });
    expect(nobody.status).toBe(401);
  });

  it.each([
    [{ offeredBy: ssp2 }, 'offeredTo', '', 'an organization id'],
    [{ offeredTo: ssp1, offeredBy: 7 }, 'offeredBy', '7', 'an organization id'],
    [{ offeredTo: ssp1, offeredBy: ssp1 }, 'offeredBy', ssp1, 'another organization than offeredTo'],
    [{ offeredTo: ssp1, offeredBy: 'iana-en:999' }, 'offeredBy', 'iana-en:999', 'an organization of the registry'],
    [{ offeredTo: ssp1, offeredBy: 'a\0b' }, 'offeredBy', 'a\0b', 'no null characters'],
    [{ offeredTo: ssp1, offeredBy: ssp2, pattern: ['a'] }, 'pattern', '["a"]', 'a text, or null for all names'],
    [{ offeredTo: ssp1, offeredBy: ssp2, pattern: '' }, 'pattern', '', '0 characters, not 1 to 80'],
    [
      { offeredTo: ssp1, offeredBy: ssp2, pattern: '*a'.repeat(10_000) },
      'pattern',
      `${'*a'.repeat(50)}…`,
      '20000 characters, not 1 to 80',
    ],
    [
      { offeredTo: ssp1, offeredBy: ssp2, pattern: 'a\0b' },
      'pattern',
      'a\0b',
      'no control characters, and whole characters alone',
    ],
    [{ offeredTo: ssp1, offeredBy: ssp2, until: 'never' }, 'until', 'never', 'offeredTo, offeredBy, pattern only'],
    [
      JSON.parse(`{"offeredTo":"${ssp1}","offeredBy":"${ssp2}","__proto__":{"pattern":"x"}}`),
      '__proto__',
      '{"pattern":"x"}',
      'offeredTo, offeredBy, pattern only',
    ],
  ])('refuses a body that breaks a rule, %#', async (body, field, value, rule) => {
    const refused = await post('ssp1', body);
    expect(read(refused)).toEqual({ status: 400, field, value, rule });
  });

  it.each([
    ['', 'The body is not a JSON object in UTF-8.'],
    ['[]', 'The body is not a JSON object in UTF-8.'],
    ['null', 'The body is not a JSON object in UTF-8.'],
    ['{"offeredTo":', 'The body is not a JSON object in UTF-8.'],
    ['['.repeat(60_000), 'The body is not a JSON object in UTF-8.'],
  ])('refuses a body that is no object, %#', async (body, text) => {
    expect(await post('ssp1', body)).toMatchObject({ status: 400, text: `${text}\n` });
  });

  it('refuses other media types and bodies that are too long', async () => {
    expect((await post('ssp1', '{}', { 'content-type': 'text/xml' })).status).toBe(415);
    expect((await post('ssp1', '{}', {})).status).toBe(415);
    expect((await post('ssp1', ' '.repeat(70_000))).status).toBe(413);
  });
});

describe('GET /agreements', () => {
  it('lists those in force of the organizations that the caller may accept for, by its filters', async () => {
    const ids = await listed('ssp1');
    expect(ids).toHaveLength(3);
    expect(await listed('ssp2r')).toEqual([]);
    expect(await listed('ssp1', `?offeredBy=${ssp2}&after=${ids[0]}`)).toEqual(ids.slice(1));
    expect(await listed('ssp1', `?offeredBy=${ssp3}`)).toEqual([]);
    expect(read(await get('ssp1'))).toMatchObject({ status: 200, next: null });
  });

  it.each([
    ['?after=x', 'after', 'x'],
    ['?after=1234567890123456', 'after', '1234567890123456'],
    ['?offeredBy=a&offeredBy=b', 'offeredBy', '["a","b"]'],
    ['?offeredTo=%00', 'offeredTo', '\0'],
    ['?since=1', 'since', '1'],
  ])('%s breaks a rule', async (query, field, value) => {
    expect(read(await get('ssp1', query))).toMatchObject({ status: 400, field, value });
  });
});

describe('DELETE /agreements/<id>', () => {
  it('withdraws once, and says so as often as it is asked', async () => {
    const id = idOf(await post('ssp1', { offeredTo: ssp1, offeredBy: ssp4 }));
    const first = read(await withdraw('ssp1', id));
    expect(first).toMatchObject({ status: 200, id, withdrawnAt: expect.any(String), withdrawnRegistrar: ssp1 });
    expect(read(await withdraw('ssp1', id))).toEqual(first);
    expect(await listed('ssp1')).not.toContain(id);
    const next = await post('ssp1', { offeredTo: ssp1, offeredBy: ssp4 });
    expect([next.status, idOf(next) > id]).toEqual([201, true]);
  });

  it('knows neither those of others nor what is no number', async () => {
    const [id = 0] = await listed('ssp1');
    for (const [as, which] of [
      ['ssp2r', id],
      ['ssp1', 0],
      ['ssp1', 'x'],
      ['ssp1', '9999999999'],
    ] as const) {
      expect((await withdraw(as, which)).status, String(which)).toBe(404);
    }
    expect(await listed('ssp1')).toContain(id);
  });
});

describe('the OpenAPI document', () => {
  it('describes the resource', async () => {
    const { text } = await send(`${server.url}/openapi.json`);
    const { paths } = JSON.parse(text) as { paths: Record<string, object> };
    expect(Object.keys(paths['/agreements'] ?? {})).toEqual(expect.arrayContaining(['get', 'post']));
    expect(Object.keys(paths['/agreements/{id}'] ?? {})).toEqual(['delete']);
  });
});

describe('one organization', () => {
  it('has so many agreements in force at most, which a withdrawal makes room in', async () => {
    await server.sql(
      `INSERT INTO sppp.standing_agreement (offered_to_id, offered_by_id, pattern, pattern_key, created_at, created_by)
       SELECT t.id, b.id, 'name_' || n, 'name_' || n, now(), 'the test'
         FROM sppp.organization t, sppp.organization b, generate_series(1, $1::int) n
        WHERE t.org_id = $2 AND b.org_id = $3`,
      [MAX_AGREEMENTS - 1, ssp4, ssp2],
    );
    const [last, over] = await Promise.all(
      ['LAST', 'OVER'].map((pattern) => post('ssp4', { offeredTo: ssp4, offeredBy: ssp2, pattern })),
    );
    const codes = [last?.status, over?.status].sort();
    expect(codes).toEqual([201, 400]);
    const refused = [last, over].find((received) => received?.status === 400) as Received;
    expect(read(refused)).toMatchObject({ field: 'offeredTo', rule: 'at most 1000 agreements in force' });
    expect((await post('ssp4', { offeredTo: ssp4, offeredBy: ssp2, pattern: 'Name_1' })).status).toBe(200);

    const page = read(await get('ssp4'));
    expect(page.agreements).toHaveLength(MAX_AGREEMENTS);
    expect(read(await get('ssp4', `?after=${page.next}`))).toMatchObject({ agreements: [], next: null });
    const [id = 0] = await listed('ssp4');
    expect((await withdraw('ssp4', id)).status).toBe(200);
    expect((await post('ssp4', { offeredTo: ssp4, offeredBy: ssp2, pattern: 'AT_LAST' })).status).toBe(201);
  });
});

describe('while offers are added', () => {
  const group = 'RACE';
  let other: pg.Client;
  beforeAll(async () => {
    expectDone(await owner.add(obj('SedGrpType', sedGrp(group))));
    await addOrganization(server.deps.database.prisma, 'iana-en:901', 'Ninth');
    other = new pg.Client({ connectionString: server.databaseUrl });
    await other.connect();
  });
  afterAll(() => other.end());

  /** Returns when a statement waits for a lock. */
  const isHeldUp = (statement: string) =>
    expect
      .poll(
        () =>
          server.sql(
            `SELECT FROM pg_stat_activity
              WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE $1`,
            [`%${statement}%`],
          ),
        PATIENT,
      )
      .toHaveLength(1);
  const statusOf = async () => textAt(await owner.read(offerObjKey(group, ssp3)), 'status');

  it('a withdrawal waits until the offers that the agreement accepts are committed', async () => {
    const [id = 0] = await listed('ssp3', `?offeredBy=${ssp2}`);
    // The same offer, which another transaction has made and undoes later, holds the Add up behind its question.
    await other.query('BEGIN');
    await other.query(
      `INSERT INTO sppp.sed_group_offer (transaction_id, c_date, sed_group_id, offered_to_id, rar_id, status, offer_date_time)
       SELECT g.transaction_id, now(), g.id, o.id, g.rar_id, 'offered', now()
         FROM sppp.sed_group g, sppp.organization o WHERE g.name = $1 AND o.org_id = $2`,
      [group, ssp3],
    );
    const adding = owner.add(offer(group, ssp3));
    await isHeldUp('INSERT INTO sppp.sed_group_offer');
    const withdrawing = withdraw('ssp3', id);
    await isHeldUp('UPDATE sppp.standing_agreement');
    await other.query('ROLLBACK');
    expectDone(await adding);
    expect((await withdrawing).status).toBe(200);
    expect(await statusOf()).toBe('accepted');
    expect(read(await get('ssp3', `/${id}/offers`))).toEqual({
      ...{ status: 200, next: null },
      offers: [{ name: group, acceptDateTime: expect.stringMatching(/^\d{4}-.*Z$/) }],
    });
    expect((await get('ssp1', `/${id}/offers`)).status).toBe(404);
    expect((await get('ssp3', `/${id}/offers?offeredBy=${ssp2}`)).status).toBe(400);
    expect(read(await get('ssp3', `/${id}/offers?after=999999999999999`))).toMatchObject({ offers: [] });
  });

  it('a withdrawal that came first has the offer wait for its recipient', async () => {
    expectDone(await owner.del(offerObjKey(group, ssp3)));
    const id = idOf(await post('ssp3', { offeredTo: ssp3, offeredBy: ssp2 }));
    await other.query('BEGIN');
    await other.query(`UPDATE sppp.standing_agreement SET withdrawn_at = now(), withdrawn_by = 'x' WHERE id = $1`, [
      id,
    ]);
    const adding = owner.add(offer(group, ssp3));
    await isHeldUp('JOIN sppp.standing_agreement');
    await other.query('COMMIT');
    expectDone(await adding);
    expect(await statusOf()).toBe('offered');
  });

  it('that outlast the patience of a withdrawal, the registrar is asked to come back', async () => {
    const id = idOf(await post('ssp3', { offeredTo: ssp3, offeredBy: ssp2 }));
    await other.query('BEGIN');
    await other.query('SELECT FROM sppp.standing_agreement WHERE id = $1 FOR SHARE', [id]);
    const late = await withdraw('ssp3', id);
    await other.query('ROLLBACK');
    expect(late).toMatchObject({ status: 503, text: 'Offers that the agreement covers are being added.\n' });
    expect(late.headers['retry-after']).toBe('5');
    expect((await withdraw('ssp3', id)).status).toBe(200);
  });
});

describe('many offers in one request', () => {
  const [GROUPS, RECIPIENTS] = [100, 100];

  it('are compared with agreements by one statement a run, and objects of other kinds by none', async () => {
    const { prisma } = server.deps.database;
    for (let n = 0; n < RECIPIENTS; n += 1) await addOrganization(prisma, `iana-en:2${1000 + n}`, '');
    await server.sql(
      `INSERT INTO sppp.standing_agreement (offered_to_id, offered_by_id, pattern, pattern_key, created_at, created_by)
       SELECT t.id, b.id, '*_0', '*_0', now(), 'the test' FROM sppp.organization t, sppp.organization b
        WHERE t.org_id LIKE 'iana-en:21%' AND b.org_id = $1`,
      [ssp2],
    );
    const asked = async (...objs: string[]) => {
      const connections = await database.during(async () => expectDone(await owner.add(...objs)));
      const statements = connections.flat().flatMap((exchange) => exchange.statements);
      return statements.filter((name) => name === 'find agreements').length;
    };
    const groups = Array.from({ length: GROUPS }, (_, n) => `MANY_${n}_${n % 2}`);
    expect(
      await asked(
        destGrp('NUMBERS'),
        tn('12025550199', ['NUMBERS']),
        ...groups.map((n) => obj('SedGrpType', sedGrp(n))),
      ),
    ).toBe(0);
    const offers = groups.flatMap((name) =>
      Array.from({ length: RECIPIENTS }, (_, n) => offer(name, `iana-en:2${1000 + n}`)),
    );
    const runs = await asked(...offers);
    expect(runs).toBeGreaterThan(0);
    expect(runs).toBeLessThanOrEqual(4);
    const rows = await server.sql(
      `SELECT f.status, f.agreement IS NOT NULL AS covered, count(*)::int FROM sppp_api.sed_group_offer f
        WHERE f.sed_group LIKE 'MANY%' GROUP BY 1, 2 ORDER BY 1`,
    );
    expect(rows).toEqual([
      { status: 'accepted', covered: true, count: 5000 },
      { status: 'offered', covered: false, count: 5000 },
    ]);
  });
});
