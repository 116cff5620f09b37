/**
 * Large requests that conflict with others when their first runs are no longer in memory. They are carried out again from the
 * archived request, alone among large changes.
 */

import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { addGrant } from '../../src/registry/access/administration.js';
import { anyWidth, claimed, of111 } from '../support/claims.js';
import { authorization, nonceOf } from '../support/digest-answer.js';
import { send } from '../support/digest-client.js';
import { addRequest, destGrp, readAnswer, tn } from '../support/message.js';
import { RawConnection } from '../support/raw-http.js';
import { startServer, type TestServer, type UserName } from '../support/server.js';
import '../support/long-timeouts.js';

let server: TestServer;
afterEach(() => server.close());

/** More than are held in memory, and as far apart as claims that do not wait for each other. */
const NUMBERS = Array.from({ length: 4500 }, (_, index) => `1${String(2_000_000_000 + index * 1_777_773)}`);

async function start(settings: Record<string, string> = {}): Promise<void> {
  server = await startServer({ settings: { SPPP_DATABASE_CONNECTIONS: '12', ...settings } });
}

describe('a request that conflicts with others behind its first 4,096 objects', () => {
  const last = NUMBERS.at(-1) as string;
  const objects = NUMBERS.map((number) => tn(number, []));

  /** Lets the last number end the transaction so many times, as a deadlock would. */
  async function letConflict(times: number): Promise<void> {
    await server.sql(`CREATE SEQUENCE public.conflicts;
      CREATE FUNCTION public.conflict() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF nextval('public.conflicts') <= ${times} THEN RAISE deadlock_detected; END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER conflict BEFORE INSERT ON sppp.public_identifier
        FOR EACH ROW WHEN (NEW.value = '${last}') EXECUTE FUNCTION public.conflict()`);
  }

  const stored = async () => (await server.sql('SELECT FROM sppp.public_identifier')).length;

  it('is carried out again, four times if need be, and counted once', async () => {
    await start({ SPPP_METRICS_PORT: '0', SPPP_KEEP_REQUESTS_KEY: '0123456789abcdef'.repeat(4) });
    await letConflict(4);
    const xml = addRequest(...objects.slice(0, 10), tn('12999999999', ['DG_NONE']), ...objects.slice(10));
    const answer = readAnswer((await server.post(xml, { path: '/sppp/partial' })).text);
    const told = answer.details.map(({ code, msg }) => [code, /object \d+/.exec(msg)?.[0]]);
    expect([answer.code, told]).toEqual([2100, [[2102, 'object 11']]]);
    expect(await stored()).toBe(NUMBERS.length);
    const rows = await server.sql(
      `SELECT t.objects, t.failed, b.is_whole, n.objects AS told, f.index FROM sppp.transaction t
         JOIN sppp.transaction_body b ON b.transaction_id = t.id
         JOIN sppp.transaction_code n ON n.transaction_id = t.id
         JOIN sppp.transaction_failure f ON f.transaction_id = t.id`,
    );
    expect(rows).toEqual([{ objects: NUMBERS.length + 1, failed: 1, is_whole: true, told: 1, index: 11 }]);
    const { text } = await send(server.metricsUrl ?? '');
    expect(text).toContain(`sppp_objects_total{verb="add",noun="PubId",outcome="done"} ${NUMBERS.length}\n`);
  });

  it('is answered 2300 after the fifth conflict, and nothing of it stays', async () => {
    await start();
    await letConflict(5);
    expect(readAnswer((await server.post(addRequest(...objects))).text).code).toBe(2300);
    expect(await stored()).toBe(0);
  });

  it.each([
    ['compressed by its client', '/sppp', NUMBERS.length],
    ['a dry run', '/sppp/validate', 0],
  ])('is carried out again if it is %s', async (what, path, count) => {
    await start();
    await letConflict(1);
    const xml = addRequest(...objects);
    const isGzip = what.startsWith('compressed');
    const headers: Record<string, string> = isGzip ? { 'content-encoding': 'gzip' } : {};
    const { text } = await server.post(isGzip ? gzipSync(xml) : xml, { path, headers });
    expect(readAnswer(text).code).toBe(1000);
    expect(await stored()).toBe(count);
    expect(await server.sql(`SELECT nextval('public.conflicts')::int AS n`)).toEqual([{ n: 3 }]);
  });

  it.each([
    ['requests are not archived', { SPPP_KEEP_REQUESTS: 'off' }],
    ['it is too large for the archive', { SPPP_KEEP_REQUESTS_BYTES: '1024' }],
  ])('is answered 2300 where %s', async (_, settings) => {
    await start(settings);
    await letConflict(1);
    expect(readAnswer((await server.post(addRequest(...objects))).text).code).toBe(2300);
    expect(await stored()).toBe(0);
  });

  it('is refused for a fault of form that comes after the conflict', async () => {
    await start();
    await letConflict(1);
    const more = Array.from({ length: 9000 }, (_, index) => tn(`13${String(index).padStart(9, '0')}`, []));
    const { text } = await server.post(addRequest(...objects, ...more, '<unknown/>'));
    expect(readAnswer(text).code).toBe(2000);
    expect(await stored()).toBe(0);
  });

  /** Holds the lock as another large request does. */
  async function holdLock(): Promise<() => Promise<void>> {
    const other = await server.deps.database.pool.connect();
    await other.query(`BEGIN; SELECT pg_advisory_xact_lock_shared(hashtextextended('sppp large change', 0))`);
    return async () => {
      await other.query('COMMIT');
      other.release();
    };
  }

  async function expectWaiting(...modes: string[]): Promise<void> {
    const waiting = `SELECT mode FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`;
    await expect.poll(() => server.sql(waiting), { timeout: 60_000 }).toEqual(modes.map((mode) => ({ mode })));
  }

  it('waits until other large requests have ended, while small ones are answered', async () => {
    await start();
    await letConflict(1);
    const letGo = await holdLock();
    const answered = server.post(addRequest(...objects));
    try {
      await expectWaiting('ExclusiveLock');
      expect(readAnswer((await server.post(addRequest(tn(NUMBERS[0] as string, [])))).text).code).toBe(1000);
      expect(readAnswer((await server.post(addRequest(destGrp('DG_ONE'), destGrp('DG_TWO')))).text).code).toBe(1000);
    } finally {
      await letGo();
    }
    expect(readAnswer((await answered).text).code).toBe(1000);
    expect(await stored()).toBe(NUMBERS.length);
  });

  it('does not wait any longer once its client has disconnected', async () => {
    await start();
    await letConflict(1);
    const letGo = await holdLock();
    const body = addRequest(...objects);
    const nonce = nonceOf(await send(`${server.url}/sppp`, { method: 'POST' }));
    const connection = await RawConnection.open(server.url);
    try {
      connection.writeHead('POST', '/sppp', {
        'Content-Type': 'text/xml',
        'Content-Length': String(Buffer.byteLength(body)),
        Authorization: authorization({ nonce, uri: '/sppp' }),
      });
      connection.write(body);
      await expectWaiting('ExclusiveLock');
      connection.close();
      await expectWaiting();
    } finally {
      await letGo();
    }
    const journalled = () => server.sql('SELECT committed, message FROM sppp.transaction WHERE code IS NULL');
    const message = 'the client disconnected before the end; nothing was done';
    await expect.poll(journalled).toEqual([{ committed: false, message }]);
    expect(await stored()).toBe(0);
  });
});

describe('loads of the same numbers at once, each in another order', () => {
  /** The same every time. */
  function shuffled(load: number): string[] {
    let state = load + 1;
    const weighed = NUMBERS.map((number) => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return { number, weight: state };
    });
    return weighed.sort((a, b) => a.weight - b.weight).map(({ number }) => number);
  }

  /** The codes of so many loads by two users, and of single adds beside them. */
  async function codesOf(
    loads: number,
    users: readonly [UserName, UserName],
    objectOf: (number: string, as: UserName) => string,
  ): Promise<number[]> {
    const post = async (as: UserName, objs: readonly string[]) =>
      readAnswer((await server.post(addRequest(...objs), { as })).text).code;
    const large = Array.from({ length: loads }, (_, load) => {
      const as = users[load % 2] as UserName;
      return post(
        as,
        shuffled(load).map((number) => objectOf(number, as)),
      );
    });
    const single = shuffled(loads)
      .slice(0, 200)
      .map((number) => post(users[0], [objectOf(number, users[0])]));
    return Promise.all([...large, ...single]);
  }

  it('by two registrars of one registrant all succeed, beside single adds of these numbers', async () => {
    await start();
    await addGrant(server.deps.database.prisma, 'iana-en:225', 'iana-en:222');
    const codes = await codesOf(6, ['ssp2r', 'ssp3'], (number, as) =>
      tn(number, [], { rant: 'iana-en:222', rar: as === 'ssp3' ? 'iana-en:225' : 'iana-en:223' }),
    );
    expect(codes.filter((code) => code !== 1000)).toEqual([]);
    const [{ numbers } = { numbers: 0 }] = await server.sql<{ numbers: number }>(
      'SELECT count(*)::int AS numbers FROM sppp.public_identifier',
    );
    expect(numbers).toBe(NUMBERS.length);
  });

  it('by two carriers that claim them all succeed, and each number has one carrier of record', async () => {
    await start(anyWidth);
    const owners: Partial<Record<UserName, object>> = { ssp1: of111 };
    const codes = await codesOf(4, ['ssp1', 'ssp2r'], (number, as) => claimed(`TN ${number}`, owners[as]));
    expect(codes.filter((code) => code !== 1000)).toEqual([]);
    const claims = await server.sql(
      `SELECT count(*)::int AS all, count(*) FILTER (WHERE cor)::int AS held,
              (count(DISTINCT value) FILTER (WHERE cor))::int AS numbers FROM sppp.public_identifier`,
    );
    expect(claims).toEqual([{ all: 2 * NUMBERS.length, held: NUMBERS.length, numbers: NUMBERS.length }]);
  });
});
