/** GET /events and its consumers: pages, acknowledgement, filters, what is refused, and what is deleted. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import type { CloudEvent } from '../../src/events/cloud-event.js';
import { eventTypes } from '../../src/events/event-types.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { purgeEvents } from '../../src/registry/events/purge-events.js';
import { DigestClient, send } from '../support/digest-client.js';
import { type GivenEvent, publish, silenceCauses } from '../support/published-events.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

let server: TestServer;
/** The last position before each test. */
let start: number;
beforeAll(async () => {
  server = await startServer();
  await silenceCauses(server);
  const { prisma } = server.deps.database;
  await addOperator(prisma, { username: 'op', role: 'viewer', label: '', ...secretsOf('op', 'op') });
});
afterAll(() => server.close());
beforeEach(async () => {
  const [row] = await server.sql<{ published: string }>('SELECT published FROM sppp.event_horizon');
  start = Number(row?.published);
});

const clients = new Map<string, DigestClient>();

function asUser(username: string): DigestClient {
  const client = clients.get(username) ?? new DigestClient({ username, password: username });
  clients.set(username, client);
  return client;
}

const own: GivenEvent = { to: 'iana-en:111' };
const some = (count: number) => Array.from({ length: count }, (_, n): GivenEvent => ({ ...own, subject: `org:${n}` }));

async function read(query: string, username = 'ssp1') {
  const { status, headers, text } = await asUser(username).send(`${server.url}/events${query}`);
  expect(status, text).toBe(200);
  const events = JSON.parse(text) as CloudEvent[];
  return {
    events,
    subjects: events.map(({ subject }) => subject),
    ids: events.map(({ id }) => Number(id) - start),
    next: Number(headers['sppp-events-next']) - start,
    last: Number(headers['sppp-events-last']) - start,
  };
}

async function ask(method: string, path: string, body?: object | string, headers = {}, username = 'ssp1') {
  const answer = await asUser(username).send(server.url + path, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: typeof body === 'object' ? JSON.stringify(body) : body,
  });
  const isJson = /json/.test(String(answer.headers['content-type']));
  return { status: answer.status, body: isJson ? (JSON.parse(answer.text) as unknown) : answer.text };
}

const ack = (body: object, username = 'ssp1') => ask('POST', '/events/ack', body, {}, username);

describe('a page', () => {
  it('is a batch of CloudEvents in order, and says where the next one begins', async () => {
    await publish(server, { ...own, type: 'sppp.grant.made.v1', subject: 'org:iana-en:111', data: { a: 1 } }, own, own);
    const { headers, text } = await asUser('ssp1').send(`${server.url}/events?after=${start}&limit=2`);
    expect(headers).toMatchObject({
      'content-type': 'application/cloudevents-batch+json',
      'cache-control': 'no-store',
      'sppp-events-next': String(start + 2),
      'sppp-events-last': String(start + 3),
    });
    const [first, ...others] = JSON.parse(text) as CloudEvent[];
    expect(others).toHaveLength(1);
    expect(first).toEqual({
      ...{ specversion: '1.0', id: String(start + 1), type: 'sppp.grant.made.v1', subject: 'org:iana-en:111' },
      source: expect.stringMatching(/^urn:sppp:registry:\d+-\d+-\d+$/),
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      ...{ datacontenttype: 'application/json', dataschema: 'urn:sppp:event:sppp.grant.made.v1' },
      ...{ sppporganization: 'iana-en:111', data: { a: 1 } },
    });
    expect(await read(`?after=${start + 2}`)).toMatchObject({ ids: [3], next: 3, last: 3 });
    expect(await read(`?after=${start + 3}`)).toMatchObject({ ids: [], next: 3, last: 3 });
  });

  it('has what is for the registrar, and for others the objects that it may get', async () => {
    await publish(
      server,
      ...[
        { to: 'iana-en:222', noun: 'SedGrpOffer', subject: 'offer' },
        { to: 'iana-en:222', subject: 'of 222 itself' },
      ],
      ...[
        { to: 'iana-en:223', subject: 'of 223 itself' },
        { to: 'iana-en:223', noun: 'PubId', subject: 'no grant' },
      ],
      { to: null, subject: 'operators' },
    );
    expect((await read(`?after=${start}`, 'ssp2r')).subjects).toEqual(['offer', 'of 223 itself']);
    expect(await read(`?after=${start}`, 'ssp1')).toMatchObject({ subjects: [], next: 5 });
  });

  it('looks through many events of others at once, and goes on where it stopped', async () => {
    const many = 25_000;
    await server.sql(
      `WITH moved AS (UPDATE sppp.event_horizon SET published = published + ${many})
       INSERT INTO sppp.event (position, type, organization_id, subject, happened_at, data)
       SELECT ${start} + n, 'sppp.grant.made.v1', o.id, n::text, now(), '{}'
         FROM generate_series(1, ${many}) n, sppp.organization o WHERE o.org_id = 'iana-en:225'`,
    );
    await publish(server, own);
    expect(await read(`?after=${start}`)).toMatchObject({ ids: [many + 1], next: many + 1 });
    const { subjects } = await read(`?after=${start + 9995}&limit=1000`, 'ssp3');
    expect([subjects.length, subjects[0], subjects.at(-1)]).toEqual([1000, '9996', '10995']);
  });

  it('has the types that are asked for, by name and by prefix', async () => {
    const types = ['sppp.offer.made.v1', 'sppp.offer.accepted.v1', 'sppp.grant.made.v1', 'sppp.claim.won.v1'];
    await publish(server, ...types.map((type) => ({ ...own, type })));
    const typesOf = async (query: string) =>
      (await read(`?after=${start}&types=${query}`)).events.map(({ type }) => type);
    expect(await typesOf('sppp.offer.*')).toEqual(types.slice(0, 2));
    expect(await typesOf('sppp.offer.made.v1,sppp.claim.*')).toEqual([types[0], types[3]]);
    expect(await typesOf('sppp.grant.made.v1&types=sppp.claim.won.v1')).toEqual(types.slice(2));
    expect(await typesOf('sppp.*')).toEqual(types);
    expect((await read(`?after=${start}&types=sppp.peer.*`)).next).toBe(4);
  });
});

describe('a consumer', () => {
  it('goes on behind what it has acknowledged, without after, and nothing else moves it', async () => {
    await ack({ consumer: 'a', position: start });
    await publish(server, ...some(3));
    expect((await read('?consumer=a&limit=2')).ids).toEqual([1, 2]);
    expect((await read('?consumer=a&limit=2')).ids).toEqual([1, 2]);
    expect(await ack({ consumer: 'a', position: start + 2 })).toMatchObject({
      status: 200,
      body: { position: start + 2 },
    });
    expect((await read('?consumer=a')).ids).toEqual([3]);
    expect((await read(`?consumer=a&after=${start}`)).ids).toEqual([1, 2, 3]);
    expect((await read('?consumer=a')).ids).toEqual([3]);
  });

  it('is one of several, each on its own, and those of others are not its own', async () => {
    for (const consumer of ['b', 'c']) await ack({ consumer, position: start });
    await ack({ consumer: 'b', position: start }, 'ssp3');
    await publish(server, ...some(2));
    await ack({ consumer: 'b', position: start + 2 });
    expect((await read('?consumer=b')).ids).toEqual([]);
    expect((await read('?consumer=c')).ids).toEqual([1, 2]);
    const { consumers } = (await ask('GET', '/events/consumers', undefined, {}, 'ssp3')).body as {
      consumers: object[];
    };
    expect(consumers).toMatchObject([{ name: 'b', position: start }]);
  });

  it('called default is meant where none is named', async () => {
    await ack({ position: start });
    await publish(server, ...some(2));
    expect((await read('')).ids).toEqual([1, 2]);
    await ack({ position: String(start + 1) });
    expect((await read('?consumer=default')).ids).toEqual([2]);
  });

  it('that is new begins with the oldest event', async () => {
    await publish(server, own);
    const { events } = await read('?consumer=new-one&limit=1000');
    expect(Number(events[0]?.id)).toBeLessThanOrEqual(start + 1);
    expect((await read('?limit=1&consumer=new-one')).events).toEqual(events.slice(0, 1));
  });

  it('never goes back unless it is told to', async () => {
    await publish(server, ...some(3));
    await ack({ consumer: 'd', position: start + 3 });
    expect((await ack({ consumer: 'd', position: start + 1 })).body).toMatchObject({ position: start + 3 });
    expect((await ack({ consumer: 'd', position: start + 1, back: true })).body).toMatchObject({ position: start + 1 });
    expect((await read('?consumer=d')).ids).toEqual([2, 3]);
  });

  it('is acknowledged by several at once and ends at the highest position', async () => {
    await publish(server, ...some(20));
    const positions = Array.from({ length: 20 }, (_, n) => start + 1 + ((n * 7) % 20));
    const client = () => new DigestClient({ username: 'ssp1', password: 'ssp1' });
    const answers = await Promise.all(
      positions.map((position) =>
        client().send(`${server.url}/events/ack`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ consumer: 'e', position }),
        }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(positions.map(() => 200));
    expect(await read('?consumer=e')).toMatchObject({ ids: [], next: 20 });
  });

  it('can be removed, and is one of at most a hundred', async () => {
    expect((await ask('DELETE', '/events/consumers/none')).status).toBe(404);
    expect((await ask('DELETE', '/events/consumers/a%00')).status).toBe(404);
    const { consumers } = (await ask('GET', '/events/consumers')).body as { consumers: { name: string }[] };
    for (const { name } of consumers) expect((await ask('DELETE', `/events/consumers/${name}`)).status).toBe(204);
    expect((await ask('GET', '/events/consumers')).body).toEqual({ consumers: [] });
    await Promise.all(
      Array.from({ length: 103 }, (_, n) =>
        new DigestClient({ username: 'ssp1', password: 'ssp1' }).send(`${server.url}/events?consumer=n${n}`),
      ),
    );
    const { consumers: made } = (await ask('GET', '/events/consumers')).body as { consumers: { name: string }[] };
    expect(made).toHaveLength(100);
    expect(await ack({ consumer: 'one-more', position: 0 })).toEqual({
      ...{ status: 409, body: 'The registrar has 100 consumers; remove one first.\n' },
    });
    expect((await ask('GET', `/events?consumer=${made[0]?.name}`)).status).toBe(200);
    for (const { name } of made) await ask('DELETE', `/events/consumers/${name}`);
  });
});

describe('what is refused', () => {
  const types = expect.stringContaining('GET /events/schemas');
  it.each([
    ['?after=-1', { field: 'after', value: '-1', rule: 'a position: a whole number up to 9007199254740991' }],
    ['?after=', { field: 'after', value: '', rule: expect.stringContaining('a position') }],
    [
      '?after=9007199254740992',
      { field: 'after', value: '9007199254740992', rule: expect.stringContaining('position') },
    ],
    [
      '?after=999999999999&wait=60',
      { field: 'after', value: '999999999999', rule: expect.stringContaining('the last position') },
    ],
    ['?after=1&after=2', { field: 'after', value: '1 2', rule: 'once' }],
    ['?types=', { field: 'types', value: '', rule: types }],
    ['?types=sppp.offer.made', { field: 'types', value: 'sppp.offer.made', rule: types }],
    ['?types=sppp.offer.*,sppp.ofer.*', { field: 'types', value: 'sppp.ofer.*', rule: types }],
    ['?types=*', { field: 'types', value: '*', rule: types }],
    [`?types=${'sppp.*,'.repeat(100)}sppp.*`, { field: 'types', value: '101 types', rule: types }],
    ['?consumer=', { field: 'consumer', value: '', rule: expect.stringContaining('64') }],
    ['?consumer=a%20b', { field: 'consumer', value: 'a b', rule: expect.stringContaining('64') }],
    [`?consumer=${'a'.repeat(65)}`, { field: 'consumer', value: 'a'.repeat(65), rule: expect.stringContaining('64') }],
    ['?wait=61', { field: 'wait', value: '61', rule: 'seconds: a whole number up to 60' }],
    ['?wait=1.5', { field: 'wait', value: '1.5', rule: expect.stringContaining('seconds') }],
    ['?limit=0', { field: 'limit', value: '0', rule: 'a whole number from 1 to 1000' }],
    ['?limit=1001', { field: 'limit', value: '1001', rule: 'a whole number from 1 to 1000' }],
    ['?organization=x', { field: 'organization', value: 'x', rule: 'after, types, consumer, wait, limit only' }],
    ['?__proto__=1', { field: '__proto__', value: '1', rule: expect.stringContaining('only') }],
  ])('a parameter that breaks a rule: %s', async (query, fault) => {
    expect(await ask('GET', `/events${query}`)).toEqual({ status: 400, body: fault });
  });

  it.each([
    [{ position: -1 }, { field: 'position', value: '-1' }],
    [{ position: 1.5 }, { field: 'position', value: '1.5' }],
    [{}, { field: 'position', value: '' }],
    [{ position: null }, { field: 'position', value: 'null' }],
    [{ position: '1e3' }, { field: 'position', value: '1e3' }],
    [
      { position: 0, consumer: 7 },
      { field: 'consumer', value: '7' },
    ],
    [
      { position: 0, consumer: 'a/b' },
      { field: 'consumer', value: 'a/b' },
    ],
    [
      { position: 0, back: 'yes' },
      { field: 'back', value: 'yes' },
    ],
    [
      { position: 0, postion: 1 },
      { field: 'postion', value: '1', rule: 'consumer, position and back only' },
    ],
    [
      { position: 999_999_999_999 },
      { field: 'position', value: '999999999999', rule: expect.stringContaining('up to') },
    ],
  ])('an acknowledgement that breaks a rule: %j', async (body, fault) => {
    expect(await ack(body)).toMatchObject({ status: 400, body: fault });
  });

  it('a body that is no JSON object, or too long', async () => {
    for (const body of ['', '[]', '1', '{', '{"position":1}x']) {
      expect((await ask('POST', '/events/ack', body)).status).toBe(400);
    }
    expect((await ask('POST', '/events/ack', '{}', { 'content-type': 'text/xml' })).status).toBe(415);
    expect((await ask('POST', '/events/ack', JSON.stringify({ a: 'a'.repeat(70_000) }))).status).toBe(413);
  });

  it('a client without a login, an operator, and other methods', async () => {
    for (const path of ['/events', '/events?limit=0', '/events/consumers']) {
      expect((await send(server.url + path)).status).toBe(401);
      expect((await asUser('op').send(server.url + path)).status).toBe(403);
    }
    expect((await send(`${server.url}/events/ack`, { method: 'POST', body: '{}' })).status).toBe(401);
    expect((await ask('POST', '/events')).status).toBe(405);
    expect((await ask('GET', '/events/ack')).status).toBe(405);
  });
});

describe('what is deleted', () => {
  beforeEach(() => server.sql(`UPDATE sppp.event SET published_at = published_at - interval '60 days'`));

  it('is told once to a consumer that comes back, and each time to who asks for it', async () => {
    await ack({ consumer: 'late', position: start });
    await publish(server, ...some(2).map((event) => ({ ...event, age: 31 })), ...some(1));
    expect(await purgeEvents(server.deps.database.pool, new Date(), 30)).toBeGreaterThanOrEqual(2);
    const gone = {
      status: 410,
      body: {
        reason: `Events up to ${start + 2} were deleted because of their age.`,
        ...{ oldest: start + 3, after: start + 2 },
      },
    };
    expect(await ask('GET', '/events?consumer=late')).toEqual(gone);
    expect((await read('?consumer=late')).ids).toEqual([3]);
    const { consumers } = (await ask('GET', '/events/consumers')).body as { consumers: { name: string }[] };
    expect(consumers.find(({ name }) => name === 'late')).toMatchObject({
      position: start + 2,
      missedUntil: start + 2,
    });
    expect(await ask('GET', `/events?after=${start}`)).toEqual(gone);
    expect(await ask('GET', '/events?after=0')).toEqual(gone);
    expect((await read(`?after=${start + 2}`)).ids).toEqual([3]);
  });

  it('are events up to the first that is young enough, and consumers that were not seen for long', async () => {
    await publish(server, { ...own, age: 40 }, { ...own, age: 20 }, { ...own, age: 40 });
    const { pool } = server.deps.database;
    await Promise.all([purgeEvents(pool, new Date(), 30), purgeEvents(pool, new Date(), 30)]);
    const [row] = await server.sql<{ forgotten: string }>('SELECT forgotten FROM sppp.event_horizon');
    expect(Number(row?.forgotten)).toBe(start + 1);
    expect((await read(`?after=${start + 1}`)).ids).toEqual([2, 3]);
    await ack({ consumer: 'seen', position: start + 3 });
    await ack({ consumer: 'unseen', position: start + 3 });
    await server.sql(`UPDATE sppp.event_consumer SET seen_at = now() - interval '301 days' WHERE name = 'unseen'`);
    await purgeEvents(pool, new Date(), 30);
    const names = (await server.sql('SELECT name FROM sppp.event_consumer')).map(({ name }) => name as string);
    expect(names).toContain('seen');
    expect(names).not.toContain('unseen');
  });
});

describe('operators', () => {
  const operator = async (query: string) => {
    const { status, text } = await asUser('op').send(`${server.url}/operator/events${query}`);
    return { status, body: JSON.parse(text) as CloudEvent[] };
  };

  it('read all events, or those for an organization', async () => {
    await publish(
      server,
      own,
      { to: null, subject: 'server' },
      { to: 'iana-en:222', noun: 'PubId', subject: 'number' },
    );
    expect((await operator(`?after=${start}`)).body.map(({ subject }) => subject)).toEqual([
      'org:x',
      'server',
      'number',
    ]);
    const of222 = await operator(`?after=${start}&organization=iana-en:222&wait=1`);
    expect(of222.body.map(({ sppporganization }) => sppporganization)).toEqual(['iana-en:222']);
    expect(await operator('?limit=1')).toMatchObject({ status: 200, body: [{ specversion: '1.0' }] });
  });

  it('are refused what they name wrongly, and registrars are refused', async () => {
    expect(await operator('?organization=iana-en:9')).toMatchObject({ status: 400, body: { field: 'organization' } });
    expect(await operator('?consumer=a')).toMatchObject({
      ...{ status: 400, body: { field: 'consumer', rule: 'after, types, organization, wait, limit only' } },
    });
    expect((await asUser('ssp1').send(`${server.url}/operator/events`)).status).toBe(403);
    expect((await send(`${server.url}/operator/events`)).status).toBe(401);
  });
});

it('everybody reads the types of events and their schemas', async () => {
  const list = await send(`${server.url}/events/schemas`);
  const { types } = JSON.parse(list.text) as { types: { type: string; meaning: string; schema: string }[] };
  expect(types.map(({ type }) => type)).toEqual(eventTypes.map(({ type }) => type));
  for (const { type, schema } of types) {
    const { status, headers, text } = await send(server.url + schema);
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'application/schema+json' });
    expect(JSON.parse(text)).toMatchObject({ $schema: expect.stringContaining('2020-12'), title: type });
  }
  expect((await send(`${server.url}/events/schemas/sppp.none.v1`)).status).toBe(404);
});

it('operators read events and consumers in SQL', async () => {
  await publish(server, { ...own, subject: 'org:seen' }, { to: null, type: 'sppp.server.certificateExpires.v1' });
  await ack({ consumer: 'sql', position: start + 1 });
  expect(
    await server.sql(
      `SELECT type, organization, subject FROM sppp_api.event WHERE position > ${start} ORDER BY position`,
    ),
  ).toEqual([
    { type: 'sppp.grant.made.v1', organization: 'iana-en:111', subject: 'org:seen' },
    { type: 'sppp.server.certificateExpires.v1', organization: null, subject: 'org:x' },
  ]);
  expect(await server.sql(`SELECT registrar, behind FROM sppp_api.event_consumer WHERE name = 'sql'`)).toEqual([
    { registrar: 'iana-en:111', behind: '1' },
  ]);
});
