import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addGrant } from '../../src/registry/access/administration.js';
import { b, type Carrier, carrier, expectDone, expectRefused, TestClock } from '../support/carrier.js';
import { anyWidth, claim, claimed, keyOf, unclaimed } from '../support/claims.js';
import { destGrp, numberKey, obj, objKey, type ReadAnswer, textAt, tn } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';

const clock = new TestClock();
let server: TestServer;
let ssp1: Carrier;
let ssp2: Carrier;
/** Acts for iana-en:225 and, by a second grant, for SSP2 as well. */
let ssp3: Carrier;
const ofSsp1 = { rant: 'iana-en:111', rar: 'iana-en:111' };

beforeAll(async () => {
  server = await startServer({ clock: clock.read, settings: anyWidth });
  await addGrant(server.deps.database.prisma, 'iana-en:225', 'iana-en:222');
  ssp1 = carrier(server, 'ssp1');
  ssp2 = carrier(server);
  ssp3 = carrier(server, 'ssp3');
});
afterAll(() => server.close());

/** Which objects an answer calls carrier of record: for each a detail with code 1000 (RFC 7878 §10.5). */
function confirmed(answer: ReadAnswer): number {
  expect([answer.code, answer.msg], JSON.stringify(answer.details)).toEqual([1000, 'Request succeeded']);
  for (const { element, code, msg, subject } of answer.details) {
    expect([element, code, msg, textAt(subject, 'corInfo', 'cor')]).toEqual([
      'detailResult',
      1000,
      'Request succeeded',
      'true',
    ]);
  }
  return answer.details.length;
}

async function corOf(who: Carrier, key: string): Promise<(string | undefined)[]> {
  const got = await who.read(key);
  return [textAt(got, 'corInfo', 'cor'), textAt(got, 'corInfo', 'corDate')];
}

describe('a claim to be carrier of record', () => {
  it('without a rival holds, and the answer has the object as stored (RFC 7878 §10.5)', async () => {
    const at = clock.tick();
    const answer = await ssp2.add(
      destGrp('DG_C'),
      obj('TNType', b('dgName', 'dg_c') + b('tn', '+18005550001') + claim),
    );
    expect(confirmed(answer)).toBe(1);
    const subject = answer.details[0]?.subject;
    expect(subject?.children).toEqual((await ssp2.read(numberKey('TN', '18005550001'))).children);
    expect([textAt(subject, 'dgName'), textAt(subject, 'cDate'), textAt(subject, 'corInfo', 'corDate')]).toEqual([
      'DG_C',
      at,
      at,
    ]);
  });

  it('has a detail for each object for which it holds, in the order of the request, and for no other', async () => {
    await ssp1.add(claimed('TN 18015550002', ofSsp1));
    const answer = await ssp2.add(
      claimed('TN 18015550003'),
      unclaimed('TN 18015550004'),
      claimed('TN 18015550002'),
      destGrp('DG_C'),
      claimed('TN 18015550001'),
    );
    expect(confirmed(answer)).toBe(2);
    expect(answer.details.map(({ subject }) => textAt(subject, 'tn'))).toEqual(['18015550003', '18015550001']);
  });

  it('that is second is stored as lost, with the time of the outcome', async () => {
    expect(confirmed(await ssp2.add(claimed('TN 18025550001')))).toBe(1);
    const at = clock.tick();
    expectDone(await ssp1.add(claimed('TN +18025550001', ofSsp1)));
    expect(await corOf(ssp1, keyOf('TN 18025550001', 'iana-en:111'))).toEqual(['false', at]);
    expect((await corOf(ssp2, keyOf('TN 18025550001')))[0]).toBe('true');
  });

  it('is made by an empty corClaim as well, and not by a false one', async () => {
    expect(
      confirmed(await ssp2.add(obj('RNType', `${b('rn', '18035550001')}<b:corInfo><b:corClaim/></b:corInfo>`))),
    ).toBe(1);
    expectDone(await ssp2.add(obj('RNType', b('rn', '18035550002') + b('corInfo', b('corClaim', 0)))));
    expect(await corOf(ssp2, keyOf('RN 18035550002'))).toEqual([undefined, undefined]);
    expect(confirmed(await ssp1.add(claimed('RN 18035550002', ofSsp1)))).toBe(1);
  });

  it('of a registrant does not contest its other claims', async () => {
    const own = ['prefix 1804', 'range 18045-18046', 'TN 18045550001', 'RN 1804'];
    expect(confirmed(await ssp2.add(...own.map((what) => claimed(what))))).toBe(4);
  });
});

describe('of two registrants, the second', () => {
  it.each([
    ['TN 18105550001', 'TN +18105550001'],
    ['TN 18115550001', 'range 18115550000-18115550009'],
    ['range 18125550000-18125550009', 'TN 18125550009'],
    ['range 18130-18139', 'TN 181395550001'],
    ['TN 18145550001', 'prefix 1814'],
    ['prefix 1815', 'TN 1815'],
    ['prefix 1816', 'range 18155-18165'],
    ['range 18170-18175', 'range 18175-18179'],
    ['range 18189-1818', 'prefix 181895'],
    ['prefix 1819', 'prefix 181955'],
    ['prefix 182055', 'prefix 1820'],
    ['range 1821-1821', 'range 182155-182156'],
    ['RN 18225550001', 'RN +18225550001'],
  ])('loses with a claim that overlaps: %s and then %s', async (first, second) => {
    expect(confirmed(await ssp2.add(claimed(first)))).toBe(1);
    expectDone(await ssp1.add(claimed(second, ofSsp1)));
    expect((await corOf(ssp1, keyOf(second, 'iana-en:111')))[0]).toBe('false');
    expect((await corOf(ssp2, keyOf(first)))[0]).toBe('true');
  });

  it.each([
    ['TN 18305550001', 'TN 18305550002'],
    ['TN 18315550001', 'TN 183155500010'],
    ['TN 18325550001', 'RN 18325550001'],
    ['RN 18335550001', 'prefix 1833'],
    ['range 18340-18344', 'TN 18345'],
    ['range 18350-18354', 'range 18355-18359'],
    ['prefix 1836', 'TN 183'],
    ['prefix 18370', 'prefix 18371'],
    ['TN 183800', 'range 183801-183809'],
    ['RN 18395550001', 'RN 183955500010'],
  ])('wins too if nothing overlaps: %s and then %s', async (first, second) => {
    expect(confirmed(await ssp2.add(claimed(first)))).toBe(1);
    expect(confirmed(await ssp1.add(claimed(second, ofSsp1)))).toBe(1);
  });

  it('wins against a claim that is lost itself', async () => {
    expect(confirmed(await ssp2.add(claimed('TN 18405550001')))).toBe(1);
    expectDone(await ssp1.add(claimed('range 18405550000-18405550999', ofSsp1)));
    const own = { rant: 'iana-en:225', rar: 'iana-en:225' };
    expect(confirmed(await ssp3.add(claimed('TN 18405550500', own)))).toBe(1);
  });

  it('wins against a number without a claim', async () => {
    expectDone(await ssp2.add(unclaimed('TN 18415550001')));
    expect(confirmed(await ssp1.add(claimed('TN 18415550001', ofSsp1)))).toBe(1);
  });
});

describe('the outcome', () => {
  it('of a claim that holds stays, with its time, when the object is added again', async () => {
    const at = clock.tick();
    expect(confirmed(await ssp2.add(claimed('TN 18505550001')))).toBe(1);
    expectDone(await ssp1.add(claimed('TN 18505550001', ofSsp1)));
    clock.tick();
    expect(confirmed(await ssp2.add(claimed('TN +18505550001')))).toBe(1);
    expect(await corOf(ssp2, keyOf('TN 18505550001'))).toEqual(['true', at]);
  });

  it('of a lost claim stays when the rival is deleted, until the object is added again', async () => {
    expect(confirmed(await ssp2.add(claimed('prefix 1851')))).toBe(1);
    const lost = clock.tick();
    expectDone(await ssp1.add(claimed('TN 18515550001', ofSsp1)));
    const key = keyOf('TN 18515550001', 'iana-en:111');
    const again = clock.tick();
    expectDone(await ssp1.add(claimed('TN 18515550001', ofSsp1)));
    expect(await corOf(ssp1, key)).toEqual(['false', again]);
    expect(again > lost).toBe(true);
    clock.tick();
    expectDone(await ssp2.del(keyOf('prefix 1851')));
    expect(await corOf(ssp1, key)).toEqual(['false', again]);
    const won = clock.tick();
    expect(confirmed(await ssp1.add(claimed('TN 18515550001', ofSsp1)))).toBe(1);
    expect(await corOf(ssp1, key)).toEqual(['true', won]);
    expectDone(await ssp2.add(claimed('prefix 1851')));
    expect((await corOf(ssp2, keyOf('prefix 1851')))[0]).toBe('false');
  });

  it.each([
    ['leaving corInfo out', ''],
    ['corClaim false', b('corInfo', b('corClaim', false))],
  ])('ends with the claim, by %s, and others may then win', async (_how, withdrawn) => {
    const number = withdrawn === '' ? '18525550001' : '18525550002';
    expect(confirmed(await ssp2.add(claimed(`TN ${number}`)))).toBe(1);
    expectDone(await ssp1.add(claimed(`TN ${number}`, ofSsp1)));
    expectDone(await ssp2.add(obj('TNType', b('tn', number) + withdrawn)));
    expect(await corOf(ssp2, keyOf(`TN ${number}`))).toEqual([undefined, undefined]);
    expect(confirmed(await ssp1.add(claimed(`TN ${number}`, ofSsp1)))).toBe(1);
    expectDone(await ssp2.add(claimed(`TN ${number}`)));
    expect((await corOf(ssp2, keyOf(`TN ${number}`)))[0]).toBe('false');
  });

  it('stays when the number loses a destination group', async () => {
    expectDone(await ssp2.add(destGrp('DG_COR')));
    const at = clock.tick();
    expect(confirmed(await ssp2.add(obj('TNType', b('dgName', 'DG_COR') + b('tn', '18535550001') + claim)))).toBe(1);
    clock.tick();
    expectDone(await ssp2.del(objKey('DestGrp', 'DG_COR')));
    expect(await corOf(ssp2, keyOf('TN 18535550001'))).toEqual(['true', at]);
  });

  it('of a failed request does not exist: nothing was claimed', async () => {
    const failing = [claimed('TN 18545550001'), tn('18545550002', ['DG_NONE'])];
    expectRefused(await ssp2.add(...failing), 2102, 'dgName', 'DG_NONE');
    expect(confirmed(await ssp1.add(claimed('TN 18545550001', ofSsp1)))).toBe(1);
  });
});

it('claims of two registrants in one request are settled in its order', async () => {
  const of225 = { rant: 'iana-en:225', rar: 'iana-en:225' };
  const of222 = { rant: 'iana-en:222', rar: 'iana-en:225' };
  const answer = await ssp3.add(
    claimed('TN 18605550001', of225),
    claimed('prefix 186', of222),
    claimed('TN 18605550002', of225),
    claimed('TN 18705550001', of222),
    claimed('range 18700-18709', of225),
  );
  expect(confirmed(answer)).toBe(3);
  const { resultObjs } = await ssp3.get(
    keyOf('TN 18605550001', 'iana-en:225'),
    keyOf('prefix 186'),
    keyOf('TN 18605550002', 'iana-en:225'),
    keyOf('TN 18705550001'),
    keyOf('range 18700-18709', 'iana-en:225'),
  );
  expect(resultObjs.map((found) => textAt(found, 'corInfo', 'cor'))).toEqual([
    'true',
    'false',
    'true',
    'true',
    'false',
  ]);
});

it('two registrants claiming the same numbers at once end with exactly one carrier of record for each', async () => {
  const numbers = Array.from({ length: 400 }, (_, index) => `1899555${String(index).padStart(4, '0')}`);
  const inRequests = (all: string[], owner: object) =>
    Array.from({ length: 8 }, (_, index) =>
      all.slice(index * 50, index * 50 + 50).map((n) => claimed(`TN ${n}`, owner)),
    );
  const send = async (who: Carrier, requests: string[][]) => {
    for (const objs of requests) confirmed(await who.add(...objs));
  };
  await Promise.all([
    send(ssp1, inRequests(numbers, ofSsp1)),
    send(ssp2, inRequests([...numbers].reverse(), {})),
    send(ssp3, [[claimed('range 18995550100-18995550119', { rant: 'iana-en:225', rar: 'iana-en:225' })]]),
  ]);
  const rows = await server.sql<{ holders: number; claims: number; numbers: number }>(
    `SELECT holders, claims, count(*)::int AS numbers
       FROM (SELECT value, count(*) FILTER (WHERE cor)::int AS holders, count(*)::int AS claims
               FROM sppp_api.public_identifier WHERE kind = 'TN' AND value LIKE '1899555%' GROUP BY value) each_number
      GROUP BY holders, claims`,
  );
  const [spanned] = await server.sql<{ cor: boolean }>(
    `SELECT cor FROM sppp_api.public_identifier WHERE kind = 'TNRange' AND value = '18995550100-18995550119'`,
  );
  // A range that came first takes its twenty numbers from both others.
  expect(rows.sort((a, b) => b.holders - a.holders)).toEqual(
    spanned?.cor
      ? [
          { holders: 1, claims: 2, numbers: 380 },
          { holders: 0, claims: 2, numbers: 20 },
        ]
      : [{ holders: 1, claims: 2, numbers: 400 }],
  );
});

it('a claim waits for another that is being settled, and then sees its outcome', async () => {
  // Both requests get as far as they can while nothing can be written; the second must not have looked by then.
  const gate = await server.deps.database.pool.connect();
  try {
    await gate.query('BEGIN; LOCK TABLE sppp.public_identifier IN SHARE MODE');
    const answers = [ssp1.add(claimed('TN 18905550001', ofSsp1)), ssp2.add(claimed('range 18905550000-18905550009'))];
    const waiting = `SELECT count(*)::int AS n FROM pg_stat_activity
                      WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await expect.poll(async () => (await server.sql<{ n: number }>(waiting))[0]?.n, { timeout: 20_000 }).toBe(2);
    await gate.query('COMMIT');
    const outcomes = (await Promise.all(answers)).map(confirmed);
    expect(outcomes.sort()).toEqual([0, 1]);
  } finally {
    await gate.query('ROLLBACK');
    gate.release();
  }
});
