/** The ranges and prefixes that contain a number: an index look-up, with the result of a comparison digit by digit. */

import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spanOfPrefix, spanOfRange } from '../../src/values/number-span.js';
import { createSqlRegistry, type SqlRegistry } from '../support/sql-registry.js';

let registry: SqlRegistry;
let db: pg.Client;
const spans: { value: string; holds: (number: string) => boolean }[] = [];

/** The same numbers in every run: a failure can be repeated. */
let seed = 7877;
const random = (below: number) => {
  seed = (seed * 48_271) % 2_147_483_647;
  return Math.floor((seed / 2_147_483_647) * below);
};
const digits = (length: number) => Array.from({ length }, () => random(10)).join('');
/** Few different beginnings, so that spans meet numbers. */
const number = () => `1${random(2)}${random(3)}${digits(random(8))}`;

beforeAll(async () => {
  registry = await createSqlRegistry();
  db = await registry.session();
  const rows: { kind: string; value: string; from: string; below: string }[] = [];
  while (rows.length < 2000) {
    const [a, b] = [number(), number()].sort();
    if (a === undefined || b === undefined || rows.some(({ value }) => value === a || value === `${a}-${b}`)) continue;
    if (rows.length % 2 === 0) {
      rows.push({ ...spanOfPrefix(a), kind: 'TNPrefix', value: a });
      spans.push({ value: a, holds: (n) => n.startsWith(a) });
    } else {
      const span = spanOfRange(a, b);
      if ('error' in span) continue;
      rows.push({ ...span, kind: 'TNRange', value: `${a}-${b}` });
      // Digit by digit from the left: longer numbers that begin with the end are still below its next sibling.
      spans.push({ value: `${a}-${b}`, holds: (n) => n >= a && (n <= b || n.startsWith(b)) });
    }
  }
  await db.query(`INSERT INTO sppp.organization (org_id) VALUES ('iana-en:222')`);
  await db.query(`INSERT INTO sppp.transaction (server_trans_id, operation, mode, received_at)
    VALUES (gen_random_uuid(), 'submitAddRqst', 'atomic', now())`);
  await db.query(
    `INSERT INTO sppp.public_identifier (transaction_id, c_date, rant_id, rar_id, kind, value, span)
     SELECT t.id, now(), o.id, o.id, n.kind::sppp.public_identifier_kind, n.value, sppp.digit_range(n.first, n.below)
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS n(kind, value, first, below),
            sppp.transaction t, sppp.organization o`,
    [
      rows.map(({ kind }) => kind),
      rows.map(({ value }) => value),
      rows.map(({ from }) => from),
      rows.map(({ below }) => below),
    ],
  );
});
afterAll(() => registry.drop());

const holding = 'SELECT value FROM sppp.public_identifier WHERE span @> $1::text ORDER BY value COLLATE "C"';
const meeting = 'SELECT value FROM sppp.public_identifier WHERE cor AND span && sppp.digit_range($1, $2)';

/** The plan's indexes, when reading the whole table is no choice. */
async function indexesOf(text: string, values: string[]): Promise<string[]> {
  await db.query('BEGIN');
  await db.query('SET LOCAL enable_seqscan = off');
  const { rows } = await db.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, values);
  await db.query('ROLLBACK');
  return rows.flatMap((row) => /Index (?:Only )?Scan (?:using|on) (\S+)/.exec(row['QUERY PLAN'])?.[1] ?? []);
}

describe('the search for ranges and prefixes that contain a number', () => {
  it('uses the span index', async () => {
    expect(await indexesOf(holding, ['12025550123'])).toContain('public_identifier_span');
  });

  it('uses the index for overlapping claims, too', async () => {
    expect(await indexesOf(meeting, ['1202', '1203'])).toContain('public_identifier_span');
  });

  it('has the same result by index as by comparing digits, for numbers inside, at and beside the ends', async () => {
    const ends = spans
      .slice(0, 150)
      .flatMap(({ value }) => value.split('-').flatMap((end) => [end, `${end}0`, `${end}9`]));
    const asked = [...ends, ...Array.from({ length: 200 }, () => number()), '1', '19', '2', '0'];
    await db.query('SET enable_seqscan = off; SET enable_bitmapscan = off');
    for (const n of asked) {
      const { rows } = await db.query<{ value: string }>(holding, [n]);
      const expected = spans.filter(({ holds }) => holds(n)).map(({ value }) => value);
      expect(rows.map(({ value }) => value)).toEqual(expected.sort());
    }
    await db.query('RESET ALL');
  });
});

describe('the other look-ups of requests have an index', () => {
  it.each([
    [
      'a number by its key',
      `SELECT id FROM sppp.public_identifier WHERE (value, kind, rant_id) IN
         (SELECT * FROM unnest(ARRAY['1'], ARRAY['TN']::sppp.public_identifier_kind[], ARRAY[1]))`,
      'public_identifier_value_kind_rant_id_key',
    ],
    [
      'the members of a group',
      'SELECT FROM sppp.destination_group_member WHERE destination_group_id = 1',
      'destination_group_member_by_group',
    ],
    [
      'the numbers that refer to a SED record',
      'SELECT FROM sppp.public_identifier_sed_record WHERE sed_record_id = 1',
      'public_identifier_sed_record_by_record',
    ],
    [
      'the carrier of record of a number',
      `SELECT FROM sppp.public_identifier WHERE cor AND value = '1'`,
      'public_identifier_cor',
    ],
    [
      'a group by its folded name',
      `SELECT id FROM sppp.destination_group WHERE rant_id = 1 AND name_key = 'g'`,
      'destination_group_rant_id_name_key_key|destination_group_by_name',
    ],
    [
      'a request by its serverTransId',
      'SELECT FROM sppp.transaction WHERE server_trans_id = gen_random_uuid()',
      'transaction_server_trans_id_key',
    ],
    [
      'requests by clientTransId',
      `SELECT FROM sppp.transaction WHERE client_trans_id = 'x'`,
      'transaction_client_trans_id',
    ],
  ])('%s', async (_, text, index) => {
    await db.query('SET enable_bitmapscan = off');
    expect(await indexesOf(text, [])).toContainEqual(expect.stringMatching(`^(?:${index})$`));
    await db.query('RESET ALL');
  });
});
