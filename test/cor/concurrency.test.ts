import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type Carrier, carrier } from '../support/carrier.js';
import { anyWidth, claimed, keyOf, load, of111, of225, settleWaiting } from '../support/claims.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
afterEach(() => server.close());

const owners = { ssp1: of111, ssp2r: {}, ssp3: of225 } as const;
type User = keyof typeof owners;
const users = Object.keys(owners) as User[];

/** Pairs of holders of two registrants that have a number in common. */
const overlapping = () =>
  server.sql(
    `SELECT a.kind, a.value, b.kind, b.value FROM sppp.public_identifier a
       JOIN sppp.public_identifier b ON a.id < b.id AND a.rant_id <> b.rant_id
        AND sppp.number_interval(a.kind, a.value) && sppp.number_interval(b.kind, b.value)
      WHERE a.cor AND b.cor`,
  );

async function claimAll(who: Carrier, objs: readonly string[]): Promise<void> {
  const answer = await who.add(...objs);
  expect([answer.code, answer.msg]).toEqual([1000, 'Request succeeded']);
}

/** Numbers, ranges and prefixes over each other, in an order of each user's own. */
const crowd = (seed: number) =>
  Array.from({ length: 30 }, (_, index) => {
    const at = (index * 7 + seed * 11) % 30;
    if (at % 10 === 0) return `prefix 18995551${at}`;
    if (at % 5 === 0) return `range 189955510${at}-189955511${at}`;
    return `TN 189955510${String(at).padStart(2, '0')}`;
  });

describe('claims of three registrants to overlapping spans at once', () => {
  it('have one winner for each number, which only cor shows', async () => {
    server = await startServer({ settings: anyWidth });
    const each = users.flatMap((user, seed) => {
      const who = carrier(server, user);
      return [0, 1].map(async (turn) => {
        for (const what of crowd(seed + turn)) await claimAll(who, [claimed(what, owners[user])]);
      });
    });
    await Promise.all(each);
    const counts = await server.sql<{ claims: number; held: number; open: number }>(
      `SELECT count(*)::int AS claims, count(*) FILTER (WHERE cor)::int AS held,
              count(*) FILTER (WHERE cor IS NULL)::int AS open FROM sppp_api.cor_claim`,
    );
    expect(counts[0]?.claims).toBe(3 * new Set(crowd(0)).size);
    expect(counts[0]?.held).toBeGreaterThan(0);
    expect(counts[0]?.open).toBe(0);
    expect(await overlapping()).toEqual([]);
  });

  it('have one winner too in large requests, in the same and in opposite order', async () => {
    server = await startServer({ settings: anyWidth });
    const numbers = Array.from({ length: 600 }, (_, index) => `TN 18${String(index * 1237).padStart(8, '0')}`);
    await Promise.all(
      users.map((user, index) => {
        const order = index === 1 ? [...numbers].reverse() : numbers;
        return claimAll(
          carrier(server, user),
          order.map((what) => claimed(what, owners[user])),
        );
      }),
    );
    expect(await overlapping()).toEqual([]);
    const [held] = await server.sql<{ n: number }>('SELECT count(*)::int AS n FROM sppp_api.cor_claim WHERE cor');
    expect(held?.n).toBe(numbers.length);
  });

  it('during a load of authority data end with the carriers of the data', async () => {
    server = await startServer({ settings: anyWidth });
    const numbers = Array.from({ length: 60 }, (_, index) => `TN 189955512${String(index).padStart(2, '0')}`);
    let done = false;
    const loading = (async () => {
      for (let turn = 0; !done; turn++) {
        await load(server, [`1899555*,${turn % 2 === 0 ? 'iana-en:111' : 'iana-en:222'}`], { replace: true });
        await delay(20);
      }
      await load(server, ['1899555*,iana-en:225'], { replace: true });
    })();
    await Promise.all(
      users.map(async (user) => {
        for (const what of numbers) await claimAll(carrier(server, user), [claimed(what, owners[user])]);
      }),
    );
    done = true;
    await loading;
    const rows = await server.sql('SELECT registrant, state, count(*)::int AS n FROM sppp_api.cor_claim GROUP BY 1, 2');
    expect(rows.sort((a, b) => (String(a.registrant) < String(b.registrant) ? -1 : 1))).toEqual([
      { registrant: 'iana-en:111', state: 'lost', n: 60 },
      { registrant: 'iana-en:222', state: 'lost', n: 60 },
      { registrant: 'iana-en:225', state: 'holds', n: 60 },
    ]);
  });
});

it('the database itself refuses a second holder, and lets claims of one registrant overlap', async () => {
  server = await startServer({ settings: anyWidth });
  await claimAll(carrier(server), [claimed('prefix 1899'), claimed('TN 18995550100')]);
  await claimAll(carrier(server, 'ssp1'), [claimed('TN 18995550100', of111), claimed('RN 18995550100', of111)]);
  await expect(
    server.sql(`UPDATE sppp.public_identifier SET cor = true WHERE kind = 'TN' AND NOT cor`),
  ).rejects.toMatchObject({ code: '23P01', constraint: 'public_identifier_one_carrier' });
});

it('claims to numbers far apart do not wait for each other', async () => {
  server = await startServer({ settings: anyWidth });
  const slow = await server.deps.database.pool.connect();
  try {
    // Somebody settles claims to 1202555… and is not done.
    await slow.query('BEGIN');
    await slow.query(`SELECT pg_advisory_xact_lock(hashtext('sppp carrier of record'), 255)`);
    await claimAll(carrier(server), [claimed('TN 13015550100'), claimed('range 44700-44709')]);
    const waits = carrier(server, 'ssp1').add(claimed('TN 12025550100', of111));
    expect(await Promise.race([waits, delay(500, 'waits')])).toBe('waits');
    await slow.query('COMMIT');
    expect((await waits).details).toHaveLength(1);
  } finally {
    await slow.query('ROLLBACK');
    slow.release();
  }
});

it('a waiting claim is settled once, by any number of servers', async () => {
  server = await startServer({ settings: { ...anyWidth, SPPP_COR_POLICY: 'hold' }, backgroundJobs: false });
  const ssp2 = carrier(server);
  await ssp2.add(claimed('TN 12'), claimed('TN 13'));
  await carrier(server, 'ssp1').add(claimed('TN 12', of111), claimed('TN 13', of111));
  await ssp2.del(keyOf('TN 12'), keyOf('TN 13'));
  const settled = await Promise.all(Array.from({ length: 4 }, () => settleWaiting(server)));
  expect(settled.reduce((sum, { won }) => sum + won, 0)).toBe(2);
});
