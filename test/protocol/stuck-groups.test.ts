/** Requests of one number each share commits. Those that are stuck in the database hold up only those that need the same rows. */

import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { addGrant } from '../../src/registry/access/administration.js';
import { addRequest, destGrp, getRequest, numberKey, readAnswer, tn } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const other = { rant: 'iana-en:225', rar: 'iana-en:223' };
const HELD = '12025550000';

let server: TestServer;
/** A session of the operator. */
let operator: pg.Client;

beforeAll(async () => {
  server = await startServer({ settings: { SPPP_DATABASE_CONNECTIONS: '12' } });
  await addGrant(server.deps.database.prisma, 'iana-en:223', 'iana-en:225');
  const groups = [destGrp('ONE'), destGrp('TWO'), destGrp('THREE', other)];
  expect(await codeOf(addRequest(...groups, tn(HELD, ['ONE'])))).toBe(1000);
  operator = new pg.Client({ connectionString: server.databaseUrl });
  await operator.connect();
});
afterEach(() => operator.query('ROLLBACK'));
afterAll(async () => {
  await operator.end();
  await server.close();
});

async function codeOf(xml: string): Promise<number> {
  return readAnswer((await server.post(xml)).text).code;
}

let last = 13_035_550_000;
const next = () => String(++last);
const addTo = (dgName: string, owner?: typeof other) => codeOf(addRequest(tn(next(), [dgName], owner)));

/** What becomes of requests: their codes, as far as they have ended. */
function watched(requests: readonly Promise<number>[]): { readonly codes: number[]; readonly all: Promise<number[]> } {
  const codes: number[] = [];
  for (const request of requests) void request.then((code) => codes.push(code));
  return { codes, all: Promise.all(requests) };
}

const many = (count: number, send: () => Promise<number>) => Array.from({ length: count }, send);
const good = (count: number) => Array.from({ length: count }, () => 1000);

/** Sessions that wait for the operator's lock. */
async function waiting(): Promise<number> {
  const [row] = await server.sql<{ count: string }>(
    `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return Number(row?.count);
}

it.each<[string, string, () => Promise<number>, () => Promise<number>]>([
  [
    'an organization',
    `SELECT FROM sppp.organization WHERE org_id = 'iana-en:222' FOR UPDATE`,
    () => addTo('ONE'),
    () => addTo('THREE', other),
  ],
  [
    'a destination group',
    `SELECT FROM sppp.destination_group WHERE name = 'ONE' FOR UPDATE`,
    () => addTo('ONE'),
    () => addTo('TWO'),
  ],
  [
    'a number',
    `SELECT FROM sppp.public_identifier WHERE value = '${HELD}' FOR UPDATE`,
    () => codeOf(addRequest(tn(HELD, ['ONE', 'TWO']))),
    () => addTo('ONE'),
  ],
])('a locked row of %s stops the requests that need it, and no others', async (_, lock, needing, free) => {
  await operator.query('BEGIN');
  await operator.query(lock);
  const stuck = watched(many(6, needing));
  await expect.poll(waiting).toBeGreaterThan(0);
  // Sent together with some that are stuck, and later, again and again.
  const mixed = watched([...many(20, free), ...many(2, needing)].sort(() => 0.5 - Math.random()));
  await expect.poll(() => mixed.codes).toEqual(good(20));
  for (let round = 0; round < 3; round++) expect(await Promise.all(many(20, free))).toEqual(good(20));
  expect(await codeOf(getRequest(numberKey('TN', HELD)))).toBe(1000);
  expect(stuck.codes).toEqual([]);
  await operator.query('ROLLBACK');
  expect(await stuck.all).toEqual(good(6));
  expect(await mixed.all).toEqual(good(22));
});

it('two groups that do not end leave room for others', async () => {
  await operator.query('CREATE TABLE public.go ()');
  await operator.query(`CREATE FUNCTION public.hang() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      WHILE NEW.value LIKE '1404%' AND NOT EXISTS (SELECT FROM public.go) LOOP PERFORM pg_sleep(0.05); END LOOP;
      RETURN NEW;
    END $$`);
  await operator.query(
    'CREATE TRIGGER hang BEFORE INSERT ON sppp.public_identifier FOR EACH ROW EXECUTE FUNCTION public.hang()',
  );
  const hanging = async () => {
    const [row] = await server.sql<{ count: string }>(
      `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`,
    );
    return Number(row?.count);
  };
  try {
    const first = codeOf(addRequest(tn('14045550001', ['ONE'])));
    await expect.poll(hanging).toBe(1);
    const second = codeOf(addRequest(tn('14045550002', ['ONE'])));
    await expect.poll(hanging).toBe(2);
    expect(await Promise.all(many(20, () => addTo('ONE')))).toEqual(good(20));
    await operator.query('INSERT INTO public.go DEFAULT VALUES');
    expect(await Promise.all([first, second])).toEqual(good(2));
  } finally {
    await operator.query('DROP FUNCTION public.hang CASCADE');
    await operator.query('DROP TABLE public.go');
  }
});
