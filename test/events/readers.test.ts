/** Readers that wait for events: who is woken by what, what became of their logins meanwhile, and how many there may be. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import type { CloudEvent } from '../../src/events/cloud-event.js';
import {
  addCredential,
  addGrant,
  addOrganization,
  removeGrants,
  revokeCredential,
} from '../../src/registry/access/administration.js';
import { addOperator, removeOperator } from '../../src/registry/access/operators.js';
import { resumeOrganization, suspendOrganization } from '../../src/registry/access/organizations.js';
import { DigestClient, type Received } from '../support/digest-client.js';
import { type GivenEvent, publish, silenceCauses } from '../support/published-events.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const LATE = 'iana-en:300';

let server: TestServer;
/** The last position before each test. */
let start: number;
beforeAll(async () => {
  server = await startServer();
  await silenceCauses(server);
  const { prisma } = server.deps.database;
  await addOperator(prisma, { username: 'op', role: 'viewer', label: '', ...secretsOf('op', 'op') });
  await addOrganization(prisma, LATE, '');
});
afterAll(() => server.close());
beforeEach(async () => {
  const [row] = await server.sql<{ published: string }>('SELECT published FROM sppp.event_horizon');
  start = Number(row?.published);
});

const clientOf = (username: string) => new DigestClient({ username, password: username });
const now = () => new Date();

interface Reading {
  readonly answer: Promise<Received>;
  leave(): void;
}

/** Begins to read, and returns when the reader waits. */
async function wait(username: string, { path = '/events', wait = 60, at = server, more = '' } = {}): Promise<Reading> {
  const before = at.deps.eventReaders.count;
  const leaving = new AbortController();
  const url = `${at.url}${path}?after=${start}&wait=${wait}${more}`;
  const answer = clientOf(username).send(url, { signal: leaving.signal });
  answer.catch(() => undefined);
  await expect.poll(() => at.deps.eventReaders.count).toBeGreaterThan(before);
  return { answer, leave: () => leaving.abort() };
}

const waiting = () => server.deps.eventReaders.count;

async function subjectsIn({ answer }: Pick<Reading, 'answer'>): Promise<string[]> {
  const { status, text } = await answer;
  expect(status, text).toBe(200);
  return (JSON.parse(text) as CloudEvent[]).map(({ subject }) => subject);
}

describe('a reader that waits', () => {
  it('is woken by an event for it, and not by others', async () => {
    const [mine, other] = [await wait('ssp1'), await wait('ssp3')];
    await publish(server, { to: 'iana-en:111', subject: 'mine' });
    expect(await subjectsIn(mine)).toEqual(['mine']);
    expect(waiting()).toBe(1);
    await publish(server, { to: 'iana-en:225', subject: 'theirs' });
    expect(await subjectsIn(other)).toEqual(['theirs']);
  });

  it('is woken by the types that it asks for', async () => {
    const reading = await wait('ssp1', { more: '&types=sppp.claim.*' });
    await publish(server, { to: 'iana-en:111' });
    await publish(server, { to: 'iana-en:111', type: 'sppp.claim.won.v1', subject: 'claim' });
    expect(await subjectsIn(reading)).toEqual(['claim']);
  });

  it('gets an empty page and the last position when the time is over', async () => {
    await publish(server, { to: 'iana-en:225' });
    const { status, headers, text } = await clientOf('ssp1').send(`${server.url}/events?after=${start}&wait=1`);
    expect({ status, text }).toEqual({ status: 200, text: '[]' });
    expect(headers).toMatchObject({ 'sppp-events-next': String(start + 1), 'sppp-events-last': String(start + 1) });
  });

  it('shares a consumer with another one: both get what is not acknowledged', async () => {
    const [one, two] = [
      await wait('ssp1', { more: '&consumer=shared' }),
      await wait('ssp1', { more: '&consumer=shared' }),
    ];
    await publish(server, { to: 'iana-en:111', subject: 'both' });
    expect(await Promise.all([one, two].map(subjectsIn))).toEqual([['both'], ['both']]);
  });

  it('is told of events without a notice, too', async () => {
    const reading = await wait('ssp1');
    await publish(server, { to: 'iana-en:111', subject: 'unheard', isNoticed: false });
    expect(await subjectsIn(reading)).toEqual(['unheard']);
  });

  it('is told of events after the connection that hears the notices was lost', async () => {
    const reading = await wait('ssp1');
    await server.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%LISTEN%'`,
    );
    await publish(server, { to: 'iana-en:111', subject: 'after' });
    expect(await subjectsIn(reading)).toEqual(['after']);
  });

  it('is forgotten when it leaves', async () => {
    const reading = await wait('ssp1');
    reading.leave();
    await expect.poll(waiting).toBe(0);
  });

  it('is answered at once when the server stops', async () => {
    const stopping = await startServer();
    await silenceCauses(stopping);
    start = await publish(stopping);
    const reading = await wait('ssp1', { at: stopping });
    await stopping.close();
    expect(await subjectsIn(reading)).toEqual([]);
  });

  it('as an operator is woken by any event, and refused once it is removed', async () => {
    const { prisma } = server.deps.database;
    const reading = await wait('op', { path: '/operator/events' });
    await publish(server, { to: null, subject: 'server' });
    expect(await subjectsIn(reading)).toEqual(['server']);
    await addOperator(prisma, { username: 'gone', role: 'viewer', label: '', ...secretsOf('gone', 'gone') });
    start += 1;
    const refused = await wait('gone', { path: '/operator/events' });
    await removeOperator(prisma, 'gone', now());
    await publish(server, { to: null });
    expect(await refused.answer).toMatchObject({ status: 401 });
  });
});

describe('what a reader may have when it is woken', () => {
  const number: GivenEvent = { to: LATE, noun: 'PubId', subject: 'number' };
  const group: GivenEvent = { to: LATE, noun: 'SedGrp', subject: 'group' };
  const own: GivenEvent = { to: 'iana-en:226', subject: 'own' };
  const grant = (narrowing = {}) => addGrant(server.deps.database.prisma, 'iana-en:226', LATE, narrowing);
  const ungrant = () => removeGrants(server.deps.database.prisma, 'iana-en:226', LATE);

  it('is narrowed with its grant', async () => {
    await grant({ nouns: ['PubId'] });
    const reading = await wait('ssp4');
    await publish(server, group);
    await publish(server, group, number, { to: LATE, subject: 'of the organization itself' });
    expect(await subjectsIn(reading)).toEqual(['number']);
    await ungrant();
    await grant({ verbs: ['add'] });
    await publish(server, own);
    expect(await subjectsIn({ answer: clientOf('ssp4').send(`${server.url}/events?after=${start}`) })).toEqual(['own']);
    await ungrant();
  });

  it('is nothing of a grant that was withdrawn while it waited', async () => {
    await grant();
    const reading = await wait('ssp4');
    await ungrant();
    await publish(server, number);
    await publish(server, own);
    expect(await subjectsIn(reading)).toEqual(['own']);
  });

  it('is what a grant lets it have that was made while it waited', async () => {
    const reading = await wait('ssp4');
    await grant();
    await publish(server, number, own);
    expect(await subjectsIn(reading)).toEqual(['number', 'own']);
    await ungrant();
  });

  it('is nothing if its organization is suspended, until that is resumed', async () => {
    const { pool } = server.deps.database;
    const reading = await wait('ssp4');
    await suspendOrganization(pool, 'iana-en:226', now());
    await publish(server, { ...own, subject: 'suspended' });
    expect(await reading.answer).toMatchObject({ status: 403 });
    await resumeOrganization(pool, 'iana-en:226');
    const later = clientOf('ssp4').send(`${server.url}/events?after=${start}`);
    expect(await subjectsIn({ answer: later })).toEqual(['suspended']);
  });

  it('is nothing if its login was revoked', async () => {
    const { prisma } = server.deps.database;
    const credential = { registrar: 'iana-en:226', username: 'brief', label: '', ...secretsOf('brief', 'brief') };
    await addCredential(prisma, credential);
    const reading = await wait('brief');
    await revokeCredential(prisma, 'brief', now());
    await publish(server, own);
    const { status, headers } = await reading.answer;
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toMatch(/Digest/);
  });
});

it('nothing is lost between two pages while events come one by one and in heaps', async () => {
  const total = 600;
  const client = clientOf('ssp1');
  const publishing = (async () => {
    for (let n = 0; n < total; ) {
      const heap = Array.from({ length: Math.min(1 + (n % 7), total - n) }, (_, more) => `e${n + more}`);
      await publish(server, ...heap.flatMap((subject) => [{ to: 'iana-en:225' }, { to: 'iana-en:111', subject }]));
      n += heap.length;
    }
  })();
  const got: string[] = [];
  for (let after = start; got.length < total; ) {
    const { status, headers, text } = await client.send(`${server.url}/events?after=${after}&wait=60`);
    expect(status, text).toBe(200);
    got.push(...(JSON.parse(text) as CloudEvent[]).map(({ subject }) => subject));
    after = Number(headers['sppp-events-next']);
  }
  await publishing;
  expect(got).toEqual(Array.from({ length: total }, (_, n) => `e${n}`));
});

it('hundreds of readers wait without a connection to the database, and are all answered', async () => {
  const readings = [];
  const users = ['ssp1', 'ssp2r', 'ssp3', 'ssp4'];
  const count = 400;
  const url = `${server.url}/events?after=${start}&wait=60`;
  for (let n = 0; n < count; n++) readings.push(clientOf(users[n % 4] ?? '').send(url));
  await expect.poll(waiting).toBe(count);
  const { pool } = server.deps.database;
  await expect.poll(() => pool.totalCount - pool.idleCount).toBe(1); // It listens.
  await publish(
    server,
    ...['iana-en:111', 'iana-en:223', 'iana-en:225', 'iana-en:226'].map((to) => ({ to, subject: to })),
  );
  const subjects = await Promise.all(readings.map((answer) => subjectsIn({ answer })));
  expect(new Set(subjects.map((each) => each.join()))).toHaveLength(4);
  expect(subjects.every(({ length }) => length === 1)).toBe(true);
  expect(waiting()).toBe(0);
});
