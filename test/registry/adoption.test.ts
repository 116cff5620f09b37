/** A database that was made before the baseline: its tables become those of the baseline, and its rows stay. */

import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/operator-error.js';
import { migrate } from '../../src/registry/schema/migrate.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { dumpSchema } from '../support/schema-dump.js';

const former = fileURLToPath(new URL('former-migrations', import.meta.url));
const golden = new URL('golden/schema.txt', import.meta.url);

let database: TestDatabase;
let client: pg.Client;

beforeEach(async () => {
  database = await createEmptyDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterEach(async () => {
  await client.end();
  await database.drop();
});

/** A few objects of every kind, one of them deleted, in two requests. */
const OBJECTS = `
  INSERT INTO sppp.organization (org_id) VALUES ('iana-en:1'), ('iana-en:2');
  INSERT INTO sppp.credential (registrar_id, username, ha1_md5, ha1_sha256)
    VALUES (1, 'one', repeat('0', 32), repeat('0', 64));
  INSERT INTO sppp.registrar_grant (registrar_id, registrant_id, nouns) VALUES (1, 2, 'PubId');
  INSERT INTO sppp.transaction (server_trans_id, registrar_id, operation, mode, received_at, code)
    SELECT gen_random_uuid(), 1, 'submitAddRqst', 'atomic', now(), 1000 FROM generate_series(1, 2);
  INSERT INTO sppp.destination_group (transaction_id, c_date, rant_id, rar_id, name, name_key)
    VALUES (1, now(), 1, 1, 'DEST', 'dest'), (1, now(), 1, 1, 'OTHER', 'other');
  INSERT INTO sppp.sed_record (transaction_id, c_date, rant_id, rar_id, name, name_key, kind, is_in_svc, ere, uri)
    VALUES (1, now(), 1, 1, 'REC', 'rec', 'URI', true, '^(.*)$', 'sip:\\1@example.com');
  INSERT INTO sppp.sed_group (transaction_id, c_date, rant_id, rar_id, name, name_key, is_in_svc, priority)
    VALUES (1, now(), 1, 1, 'GRP', 'grp', true, 1);
  INSERT INTO sppp.sed_group_dest_grp (sed_group_id, destination_group_id, position) VALUES (1, 1, 0);
  INSERT INTO sppp.sed_group_sed_record (sed_group_id, sed_record_id, position, priority) VALUES (1, 1, 0, 10);
  INSERT INTO sppp.sed_group_offer (transaction_id, c_date, sed_group_id, offered_to_id, rar_id, status, offer_date_time,
    accept_date_time) VALUES (1, now(), 1, 2, 1, 'accepted', now(), now());
  INSERT INTO sppp.egress_route (transaction_id, c_date, rant_id, rar_id, name, name_key, pref, ere, repl)
    VALUES (1, now(), 2, 2, 'RTE', 'rte', 1, 'a', 'b');
  INSERT INTO sppp.egress_route_sed_group (egress_route_id, sed_group_id, position) VALUES (1, 1, 0);
  INSERT INTO sppp.public_identifier (transaction_id, c_date, cor_date, rant_id, rar_id, kind, cor_claim, cor, value, span)
    VALUES (1, now(), now(), 1, 1, 'TN', true, true, '12025550100', NULL),
           (1, now(), NULL, 1, 1, 'TNPrefix', NULL, NULL, '1202', sppp.digit_range('1202', '1202:')),
           (1, now(), NULL, 1, 1, 'TN', NULL, NULL, '12025550199', NULL);
  UPDATE sppp.public_identifier SET spelling = '+1202' WHERE value = '1202';
  INSERT INTO sppp.destination_group_member SELECT id, 1, 0 FROM sppp.public_identifier;
  INSERT INTO sppp.transaction_body (transaction_id, kept_at, encoding, is_whole, body)
    VALUES (1, now(), 'identity', true, '<a/>');
  INSERT INTO sppp.transaction_failure (transaction_id, index, verb, registrant, noun, code, attr_name, attr_val, is_cut)
    VALUES (2, 1, 'add', 'iana-en:1', 'PubId', 2101, 'number', 'x', false);
  DELETE FROM sppp.destination_group WHERE name = 'OTHER';
  DELETE FROM sppp.public_identifier WHERE value = '12025550199';
  INSERT INTO sppp.deletion (transaction_id, rant_id, noun, key) VALUES (2, 1, 'DestGrp', 'other')`;

const renamed: Readonly<Record<string, string>> = { place: 'database_identity', object_gone: 'object_removal' };

/** All rows of all tables, by the names that the tables have now. */
async function contents(): Promise<Record<string, unknown>> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'sppp'::regnamespace AND relkind IN ('r', 'p')
        AND NOT relispartition ORDER BY 1`,
  );
  const read: Record<string, unknown> = {};
  for (const { name } of rows) {
    const all = await client.query(`SELECT jsonb_agg(to_jsonb(t) ORDER BY t::text) AS rows FROM sppp.${name} t`);
    read[renamed[name] ?? name] = all.rows[0].rows;
  }
  return read;
}

/** Columns that later migrations add, which are empty. */
const added = new Set(['role', 'rar_id', 'not_after', 'agreement_id']);

/** Rows as they were before, without what was added. */
function formerOf(rows: Rows): Rows {
  return (
    rows?.map((row) =>
      Object.fromEntries(Object.entries(row).filter(([column, value]) => !(added.has(column) && value === null))),
    ) ?? null
  );
}

type Rows = Record<string, unknown>[] | null;

describe('a database of the former migrations', () => {
  beforeEach(async () => {
    await migrate(database.url, { migrations: former });
    await client.query(OBJECTS);
  });

  it('gets the schema of the golden dump, and keeps its rows', async () => {
    const before = await contents();
    expect(Object.values(before).filter((rows) => rows !== null).length).toBeGreaterThan(18);
    expect(await migrate(database.url)).toContain('61-resolve.sql');
    const dump = await dumpSchema(client);
    expect(dump.split('\n')).toEqual((await readFile(golden, 'utf8')).split('\n'));
    // Later migrations add columns and tables, which are empty.
    const all = Object.entries((await contents()) as Record<string, Rows>);
    const more = all.filter(([name]) => !(name in before));
    const horizon = { id: 1, published: 0, forgotten: 0 };
    expect(more.filter(([, rows]) => rows !== null)).toEqual([['event_horizon', [horizon]]]);
    const after = Object.fromEntries(
      all.filter(([name]) => name in before).map(([name, rows]) => [name, formerOf(rows)]),
    );
    // Of a plus sign before the value only the sign is kept.
    const identifiers = after.public_identifier?.map((row) => ({
      ...row,
      spelling: row.spelling === '+' ? `+${row.value}` : row.spelling,
    }));
    expect(after.public_identifier?.map(({ spelling }) => spelling)).toContain('+');
    expect({ ...after, public_identifier: identifiers }).toEqual(before);
    const { rows } = await client.query('SELECT migration_name AS name FROM public._prisma_migrations');
    expect(rows[0]).toEqual({ name: '20261121000000_baseline' });
    expect(await migrate(database.url)).toEqual([]);
  });

  it('shows operators its numbers as before', async () => {
    const told = async () =>
      Promise.all(
        ['public_identifier', 'destination_group_member'].map(
          async (view) => (await client.query(`SELECT * FROM sppp_api.${view} ORDER BY value`)).rows,
        ),
      );
    const before = await told();
    await migrate(database.url);
    expect(await told()).toEqual(before);
    expect(before.flat().map(({ identifier }) => identifier)).toContain('+1202');
  });

  it('answers look-ups, and logs changes, as before', async () => {
    const answer = () => client.query(`SELECT final_uri FROM sppp_api.resolve('12025550100', 'iana-en:2')`);
    const before = (await answer()).rows;
    await migrate(database.url);
    expect((await answer()).rows).toEqual(before);
    expect(before).toEqual([{ final_uri: 'sip:+12025550100@example.com' }]);
    await client.query(`DELETE FROM sppp.public_identifier WHERE value = '12025550100'`);
    const { rows } = await client.query('SELECT value FROM sppp.identifier_change ORDER BY id DESC LIMIT 1');
    expect(rows).toEqual([{ value: '12025550100' }]);
  });

  it('is refused if one of them was changed, and stays unchanged', async () => {
    await client.query(`UPDATE public._prisma_migrations SET checksum = 'x' WHERE migration_name LIKE '%_limits'`);
    await expect(migrate(database.url)).rejects.toThrow(OperatorError);
    await expect(migrate(database.url)).rejects.toThrow('12 of the 13 migrations that preceded the first release');
    expect((await client.query(`SELECT to_regclass('sppp.place') IS NOT NULL AS is`)).rows).toEqual([{ is: true }]);
  });
});

it('a database of some of the former migrations is refused with a line that names the way to move', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sppp-migrations-'));
  try {
    const names = (await readdir(former)).sort().slice(0, 4);
    for (const name of names) await cp(join(former, name), join(folder, name), { recursive: true });
    await migrate(database.url, { migrations: folder });
    await expect(migrate(database.url)).rejects.toThrow(
      '4 of the 13 migrations that preceded the first release: start the last version that has all of them once on it',
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
