/** The number cache of a node: its blocks have the route keys of the database, until something changes there. */

import fc from 'fast-check';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findBlock, findRouteKeys } from '../../src/registry/resolve/route-answers.js';
import { countStatements, oneGroup, openStage, type Stage, shown } from '../support/cached-lookups.js';
import { arbitraryRegistry, orgs } from '../support/random-registry.js';
import { writeRegistry } from '../support/resolve-model.js';
import { createSqlRegistry } from '../support/sql-registry.js';
import '../support/long-timeouts.js';
import { factor, runs } from '../support/runs.js';

const [, peer] = orgs as [string, string, string];

it('a block has the route keys of all its numbers, as single queries find them', {
  timeout: 900_000 * factor,
}, async () => {
  const registry = await createSqlRegistry();
  const session = await registry.session();
  const parts = (routeKey: string | null | undefined) => routeKey?.split(';').sort() ?? null;
  let listed = 0;
  let alike = 0;
  try {
    await fc.assert(
      fc.asyncProperty(arbitraryRegistry, fc.constantFrom('1', '12', '120', '1202', '9'), async (model, head) => {
        await session.query('BEGIN');
        try {
          await writeRegistry(session, model);
          const numbers = Array.from({ length: 1000 }, (_, n) => head + String(n).padStart(3, '0'));
          const routeKeys = await findBlock(session, {
            lowest: numbers[0] as string,
            highest: numbers[999] as string,
          });
          const known = new Map(routeKeys);
          const found = await findRouteKeys(
            session,
            numbers.map((identifier) => ({ identifier, asker: peer })),
            undefined,
          );
          for (const [index, number] of numbers.entries()) {
            const routeKey = known.has(number) ? known.get(number) : known.get(null);
            expect([number, parts(routeKey)]).toEqual([number, parts(found.routeKeys[index]?.routeKey)]);
          }
          if (known.size === 1000) listed++;
          else alike++;
        } finally {
          await session.query('ROLLBACK');
        }
      }),
      runs(60),
    );
    expect(Math.min(listed, alike)).toBeGreaterThan(3);
  } finally {
    await registry.drop();
  }
});

describe('numbers of one block', () => {
  let stage: Stage;
  let writer: pg.Client;
  let sent: ReturnType<typeof countStatements>;
  const uris = async (identifier: string) =>
    shown(await stage.lookups.ask({ identifier, asker: peer })).map(({ finalUri }) => finalUri);
  const there = ['12025550100', '12025550200', '12025551100'];
  const absent = '12025550150';

  beforeAll(async () => {
    stage = await openStage();
    writer = await stage.registry.session();
    await writeRegistry(writer, oneGroup(...there));
  });
  afterAll(() => stage.close());
  beforeEach(async () => {
    sent = countStatements();
    await expect.poll(isKept, { timeout: 10_000, interval: 5 }).toBe(true);
    await writer.query('BEGIN');
  });
  afterEach(async () => {
    await writer.query('ROLLBACK');
    sent.stop();
  });

  /** Whether numbers of the block are answered from the cache. */
  async function isKept(): Promise<boolean> {
    const before = sent.of('route_keys');
    await uris('12025550100');
    await uris(absent);
    return sent.of('route_keys') === before;
  }

  const insert = (kind: string, value: string, span: string) =>
    `WITH given AS (SELECT transaction_id, c_date, rant_id, rar_id FROM sppp.public_identifier LIMIT 1),
          come AS (INSERT INTO sppp.public_identifier (id, transaction_id, c_date, rant_id, rar_id, kind, value, span)
                   OVERRIDING SYSTEM VALUE SELECT 1000, given.*, '${kind}', '${value}', ${span} FROM given RETURNING id)
     INSERT INTO sppp.destination_group_member (public_identifier_id, destination_group_id, position)
     SELECT come.id, d.id, 0 FROM come, sppp.destination_group d`;
  const one = `(SELECT id FROM sppp.public_identifier WHERE value = '12025550100')`;
  const answered = (number: string) => [`a:+${number}`];

  it.each<[string, string, string, string[]]>([
    ['a number comes', insert('TN', absent, 'NULL'), absent, answered(absent)],
    ['a number goes', `DELETE FROM sppp.public_identifier WHERE value = '12025550100'`, '12025550100', []],
    [
      'a number becomes another one',
      `UPDATE sppp.public_identifier SET value = '${absent}' WHERE value = '12025550100'`,
      absent,
      answered(absent),
    ],
    [
      'a number is no longer what it was',
      `UPDATE sppp.public_identifier SET value = '3' WHERE value = '12025550100'`,
      '12025550100',
      [],
    ],
    [
      'a number leaves its group',
      `DELETE FROM sppp.destination_group_member WHERE public_identifier_id = ${one}`,
      '12025550100',
      [],
    ],
    [
      'a prefix comes that holds the block',
      insert('TNPrefix', '1202', `sppp.digit_range('1202', '1202:')`),
      absent,
      answered(absent),
    ],
    [
      'a range comes that holds a part of it',
      insert('TNRange', '12025550140-12025550160', `sppp.digit_range('12025550140', '12025550160:')`),
      absent,
      answered(absent),
    ],
    ['the group is deleted', 'DELETE FROM sppp.destination_group', '12025550100', []],
    ['the group is emptied', 'TRUNCATE sppp.destination_group_member', '12025550100', []],
    ['all identifiers go', 'DELETE FROM sppp.public_identifier', '12025550100', []],
  ])('are read again when %s: at once after the commit, not before', async (_, change, number, expected) => {
    const before = await uris(number);
    expect(before).not.toEqual(expected);
    await writer.query(change);
    expect(await uris(number)).toEqual(before);
    await writer.query('COMMIT');
    expect(await uris(number)).toEqual(expected);
    await restore();
  });

  async function restore(): Promise<void> {
    await writer.query(`DELETE FROM sppp.public_identifier`);
    const { rows } = await writer.query(`SELECT FROM sppp.destination_group`);
    if (rows.length === 0) {
      await writer.query(
        `INSERT INTO sppp.destination_group (transaction_id, c_date, rant_id, rar_id, name, name_key)
         SELECT transaction_id, c_date, rant_id, rar_id, 'DG', 'dg' FROM sppp.sed_group`,
      );
      await writer.query(
        `INSERT INTO sppp.sed_group_dest_grp (sed_group_id, destination_group_id, position)
         SELECT g.id, d.id, 0 FROM sppp.sed_group g, sppp.destination_group d`,
      );
    }
    await writer.query(
      `WITH come AS (
         INSERT INTO sppp.public_identifier (transaction_id, c_date, rant_id, rar_id, kind, value)
         SELECT transaction_id, c_date, rant_id, rar_id, 'TN', value FROM sppp.sed_group, unnest($1::text[]) value
         RETURNING id)
       INSERT INTO sppp.destination_group_member (public_identifier_id, destination_group_id, position)
       SELECT come.id, d.id, 0 FROM come, sppp.destination_group d`,
      [there],
    );
    await writer.query('BEGIN');
  }

  it('are answered from the cache while numbers of other blocks are added and deleted', async () => {
    await writer.query(insert('TN', '12025551150', 'NULL'));
    await writer.query(`DELETE FROM sppp.public_identifier WHERE value = '12025551100'`);
    await writer.query('COMMIT');
    expect(await isKept()).toBe(true);
    expect(await uris('12025551100')).toEqual([]);
    expect(await uris('12025551150')).toEqual(answered('12025551150'));
    await restore();
  });

  const newGroup = `INSERT INTO sppp.destination_group (transaction_id, c_date, rant_id, rar_id, name, name_key)
     SELECT transaction_id, c_date, rant_id, rar_id, 'DG2', 'dg2' FROM sppp.sed_group`;
  const dropGroup = `DELETE FROM sppp.destination_group WHERE name_key = 'dg2'`;

  it('are answered from the cache after a destination group without numbers was deleted', async () => {
    await writer.query(newGroup);
    await writer.query(dropGroup);
    await writer.query('COMMIT');
    await uris('12025550100');
    const before = sent.of('block');
    expect(await isKept()).toBe(true);
    expect(sent.of('block')).toBe(before);
  });

  it('are answered from the cache after the group of a number of another block was deleted', async () => {
    await writer.query(newGroup);
    await writer.query(
      `UPDATE sppp.destination_group_member
          SET destination_group_id = (SELECT id FROM sppp.destination_group WHERE name_key = 'dg2')
        WHERE public_identifier_id = (SELECT id FROM sppp.public_identifier WHERE value = '12025551100')`,
    );
    await writer.query('COMMIT');
    expect(await uris('12025551100')).toEqual([]);
    await writer.query(dropGroup);
    expect(await isKept()).toBe(true);
    const logged = `SELECT json_agg(json_build_array(first, last) ORDER BY last) FROM sppp.route_change
                     WHERE xid = (SELECT max(xid) FROM sppp.route_change)`;
    expect(await stage.registry.value(logged)).toEqual([
      ['', ''],
      ['12025551100', '12025551100'],
    ]);
    await restore();
  });

  it('are read again after a group of more numbers than are logged was deleted, and all of its memberships go', async () => {
    await writer.query(newGroup);
    await writer.query(
      `WITH come AS (
         INSERT INTO sppp.public_identifier (transaction_id, c_date, rant_id, rar_id, kind, value)
         SELECT transaction_id, c_date, rant_id, rar_id, 'TN', (4930000000 + n)::text
           FROM sppp.sed_group, generate_series(1, 10001) n RETURNING id)
       INSERT INTO sppp.destination_group_member (public_identifier_id, destination_group_id, position)
       SELECT come.id, d.id, 0 FROM come, sppp.destination_group d WHERE d.name_key = 'dg2'`,
    );
    await writer.query('COMMIT');
    await expect.poll(isKept, { timeout: 10_000, interval: 5 }).toBe(true);
    await writer.query(dropGroup);
    expect(await isKept()).toBe(false);
    expect(await stage.registry.value('SELECT count(*)::int FROM sppp.destination_group_member')).toBe(3);
    await restore();
  });

  it('are answered from the cache when a change is rolled back', async () => {
    await writer.query(`DELETE FROM sppp.public_identifier`);
    await writer.query('ROLLBACK');
    expect(await isKept()).toBe(true);
    expect(await uris('12025550100')).toEqual(answered('12025550100'));
  });

  it('are read again after more changes than are reported one by one', async () => {
    await writer.query(
      `INSERT INTO sppp.route_change (first, last) SELECT n::text, n::text FROM generate_series(100001, 101001) n`,
    );
    await writer.query('COMMIT');
    expect(await isKept()).toBe(false);
  });
});

it('the cache drops everything when another database takes the place of the first', {
  timeout: 180_000 * factor,
}, async () => {
  const [stage, other] = await Promise.all([openStage(), openStage()]);
  const admin = new pg.Client({ connectionString: stage.registry.url.replace(/\/[^/]*$/, '/postgres') });
  await admin.connect();
  try {
    for (const { registry } of [stage, other]) await writeRegistry(await registry.session(), oneGroup('12025550100'));
    await (await other.registry.session()).query(`UPDATE sppp.sed_record SET regx_repl = 'b:\\1'`);
    const ask = async () =>
      shown(await stage.lookups.ask({ identifier: '12025550100', asker: peer })).map(({ finalUri }) => finalUri);
    for (let n = 0; n < 3; n++) expect(await ask()).toEqual(['a:+12025550100']);

    const [ours, others] = [stage, other].map(({ registry }) => new URL(registry.url).pathname.slice(1));
    // Connections that were being opened are returned once more.
    const takeAway = async () => {
      await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ($1, $2)', [
        ours,
        others,
      ]);
      await admin.query(`ALTER DATABASE ${ours} RENAME TO ${ours}_away`);
    };
    await expect
      .poll(
        () =>
          takeAway()
            .then(() => true)
            .catch(String),
        { timeout: 20_000 },
      )
      .toBe(true);
    await admin.query(`ALTER DATABASE ${others} RENAME TO ${ours}`);
    await admin.query(`ALTER DATABASE ${ours}_away RENAME TO ${others}`);
    await expect.poll(() => ask().catch(() => undefined)).toEqual(['b:+12025550100']);
  } finally {
    await admin.end();
    await Promise.all([stage.close(), other.close()]);
  }
});
