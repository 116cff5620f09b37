/** Many numbers in one request, some of which exist already: each gets the values of the request. */

import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { range } from '../support/carrier.js';
import { addRequest, destGrp, obj, objKey, readAnswer } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const GROUPS = ['FIRST', 'SECOND', 'THIRD'];
const RECORDS = ['EAST', 'WEST'];
/** More than are written by their names. */
const COUNT = 50;
const factor = Number(process.env.SPPP_TEST_FACTOR ?? 1);

interface Sent {
  readonly groups: readonly string[];
  readonly records: readonly { readonly name: string; readonly priority: number }[];
  readonly hasPlus: boolean;
}

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  const records = RECORDS.map((name) =>
    obj(
      'URIType',
      `<b:sedName>${name}</b:sedName><b:isInSvc>true</b:isInSvc><b:ere>^(.*)$</b:ere><b:uri>sip:\\1@${name}.example</b:uri>`,
    ),
  );
  expect(
    readAnswer((await server.post(addRequest(...GROUPS.map((name) => destGrp(name)), ...records))).text).code,
  ).toBe(1000);
});
afterAll(() => server.close());

const sent: fc.Arbitrary<Sent> = fc.record({
  groups: fc.shuffledSubarray(GROUPS),
  records: fc
    .shuffledSubarray(RECORDS)
    .chain((names) => fc.tuple(...names.map((name) => fc.record({ name: fc.constant(name), priority: fc.nat(3) })))),
  hasPlus: fc.boolean(),
});
const many = fc.array(sent, { minLength: COUNT, maxLength: COUNT });

function numberAt(index: number): string {
  return String(12_025_550_000 + index);
}

function written(index: number, { groups, records, hasPlus }: Sent): string {
  const names = groups.map((name) => `<b:dgName>${name}</b:dgName>`).join('');
  const refs = records.map(
    ({ name, priority }) =>
      `<b:sedRecRef>${objKey('SedRec', name).replaceAll('objKey', 'b:sedKey')}<b:priority>${priority}</b:priority></b:sedRecRef>`,
  );
  return obj('TNType', `${names}<b:tn>${hasPlus ? '+' : ''}${numberAt(index)}</b:tn>${refs.join('')}`);
}

it('each has the last lists and spelling, and counts as modified if it existed', async () => {
  await fc.assert(
    fc.asyncProperty(
      many,
      many,
      fc.array(fc.boolean(), { minLength: COUNT, maxLength: COUNT }),
      async (before, after, isThere) => {
        await server.sql('DELETE FROM sppp.public_identifier');
        const first = before.flatMap((each, index) => (isThere[index] ? [written(index, each)] : []));
        const requests = [first, after.map((each, index) => written(index, each))];
        for (const objs of requests) {
          if (objs.length > 0) expect(readAnswer((await server.post(addRequest(...objs))).text).code).toBe(1000);
        }
        expect(await stored()).toEqual(
          after.map(({ groups, records, hasPlus }, index) => ({
            value: numberAt(index),
            spelling: hasPlus ? `+${numberAt(index)}` : null,
            isModified: isThere[index],
            groups,
            records: records.map(({ name, priority }) => `${name} ${priority}`),
          })),
        );
      },
    ),
    { numRuns: 6 * factor },
  );
});

it('one that another transaction replaces meanwhile is replaced after it', async () => {
  await server.sql('DELETE FROM sppp.public_identifier');
  const inGroup = (group: string) => ({ groups: [group], records: [], hasPlus: false });
  const all = (group: string) =>
    addRequest(...Array.from({ length: COUNT }, (_, index) => written(index, inGroup(group))));
  expect(readAnswer((await server.post(all('FIRST'))).text).code).toBe(1000);
  const [{ added } = {}] = await server.sql<{ added: Date }>('SELECT max(received_at) AS added FROM sppp.transaction');
  const other = await server.deps.database.pool.connect();
  try {
    await other.query('BEGIN');
    await other.query(
      `INSERT INTO sppp.transaction (server_trans_id, registrar_id, operation, mode, received_at)
       SELECT gen_random_uuid(), registrar_id, operation, mode, now() FROM sppp.transaction ORDER BY id DESC LIMIT 1`,
    );
    await other.query(
      `UPDATE sppp.public_identifier
          SET transaction_id = (SELECT max(id) FROM sppp.transaction), c_date = $2, m_date = now() WHERE value = $1`,
      [numberAt(COUNT - 1), added],
    );
    const answer = server.post(all('SECOND'));
    await expect
      .poll(() =>
        server.sql(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`),
      )
      .toHaveLength(1);
    await other.query('COMMIT');
    expect(readAnswer((await answer).text).code).toBe(1000);
  } finally {
    other.release(true);
  }
  expect(await stored()).toEqual(
    Array.from({ length: COUNT }, (_, index) => ({
      value: numberAt(index),
      spelling: null,
      isModified: true,
      groups: ['SECOND'],
      records: [],
    })),
  );
  const dates = await server.sql('SELECT DISTINCT c_date AS added FROM sppp.public_identifier');
  expect(dates).toEqual([{ added }]);
});

it('a range and an extension among plain new numbers are kept', async () => {
  await server.sql('DELETE FROM sppp.public_identifier');
  const plain = { groups: ['FIRST'], records: [], hasPlus: false };
  const numbers = Array.from({ length: COUNT }, (_, index) => written(index, plain));
  const spanning = obj('TNRType', range('1303555000', '1303555009'));
  const extended = obj('TNType', '<b:ext><x:note xmlns:x="urn:x">more</x:note></b:ext><b:tn>14045550000</b:tn>');
  expect(readAnswer((await server.post(addRequest(...numbers, spanning, extended))).text).code).toBe(1000);
  const rows = await server.sql(
    `SELECT count(*)::int AS count, span IS NOT NULL AS "isSpan", ext IS NOT NULL AS "isExtended"
       FROM sppp.public_identifier GROUP BY 2, 3 ORDER BY 1 DESC, 2`,
  );
  expect(rows).toEqual([
    { count: COUNT, isSpan: false, isExtended: false },
    { count: 1, isSpan: false, isExtended: true },
    { count: 1, isSpan: true, isExtended: false },
  ]);
});

function stored(): Promise<unknown[]> {
  return server.sql(
    `SELECT p.value, nullif(sppp.spelled(p.spelling, p.value), p.value) AS spelling, p.m_date IS NOT NULL AS "isModified",
            ARRAY(SELECT g.name FROM sppp.destination_group_member m
                    JOIN sppp.destination_group g ON g.id = m.destination_group_id
                   WHERE m.public_identifier_id = p.id ORDER BY m.position) AS groups,
            ARRAY(SELECT s.name || ' ' || r.priority FROM sppp.public_identifier_sed_record r
                    JOIN sppp.sed_record s ON s.id = r.sed_record_id
                   WHERE r.public_identifier_id = p.id ORDER BY r.position) AS records
       FROM sppp.public_identifier p ORDER BY p.value`,
  );
}
