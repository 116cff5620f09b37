/** The schema as a whole: the model of Prisma, the views of operators, and the migrations. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Prisma } from '../../src/registry/prisma-client/client.js';
import { migrate } from '../../src/registry/schema/migrate.js';
import { fullSet, fullSetTables } from '../support/full-set.js';
import { addRequest, readAnswer } from '../support/message.js';
import { readPrismaSchema } from '../support/prisma-schema.js';
import { startServer, type TestServer } from '../support/server.js';

const prismaSchema = readPrismaSchema();
let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  const answer = await server.post(addRequest(...fullSet()));
  expect(readAnswer(answer.text)).toMatchObject({ code: 1000 });
});
afterAll(() => server.close());

interface Column {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly has_default: boolean;
}

const columns = () =>
  server.sql<Column & Record<string, unknown>>(
    `SELECT table_name AS "table", column_name AS "column", udt_name AS type, is_nullable = 'YES' AS nullable,
            column_default IS NOT NULL OR is_identity = 'YES' AS has_default
       FROM information_schema.columns JOIN pg_class ON oid = format('%I.%I', table_schema, table_name)::regclass
      WHERE table_schema = 'sppp' AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1, 2`,
  );

/** The Prisma types that may stand for a column of this type. */
const prismaTypes: Readonly<Record<string, string>> = {
  int2: 'Int',
  int4: 'Int',
  int8: 'BigInt',
  text: 'String',
  uuid: 'String',
  inet: 'String',
  bool: 'Boolean',
  bytea: 'Bytes',
  timestamptz: 'DateTime',
  jsonb: 'Json',
  _text: 'String',
  int8range: 'Unsupported("int8range")',
  int8multirange: 'Unsupported("int8multirange")',
  pg_lsn: 'Unsupported("pg_lsn")',
};

describe('prisma/schema.prisma matches the migrations', () => {
  it('every table and every column, and no others', async () => {
    const there = (await columns()).map(({ table, column }) => `${table}.${column}`);
    const known = [...prismaSchema.tables].flatMap(([table, its]) =>
      [...its.columns.keys()].map((c) => `${table}.${c}`),
    );
    expect(known.sort()).toEqual(there.sort());
    expect(known.length).toBeGreaterThan(50);
  });

  it('their types, nullability and defaults', async () => {
    const pascal = (name: string) => name.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
    const there = (await columns()).map(({ table, column, type, nullable, has_default }) => ({
      at: `${table}.${column}`,
      type: prismaTypes[type] ?? (prismaSchema.enums.has(type) ? pascal(type) : `Unsupported("sppp.${type}")`),
      required: !nullable,
      hasDefault: has_default,
    }));
    const known = there.map(({ at }) => {
      const [table = '', column = ''] = at.split('.');
      return { at, ...prismaSchema.tables.get(table)?.columns.get(column) };
    });
    expect(known).toEqual(there);
  });

  it('primary and unique keys', async () => {
    const there = await server.sql<{ table: string; type: string; key: string[] }>(
      `SELECT r.relname::text AS "table", c.contype::text AS type,
              ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k(attnum, n)
                      JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum ORDER BY k.n) AS key
         FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
        WHERE c.connamespace = 'sppp'::regnamespace AND c.contype IN ('p', 'u') AND NOT r.relispartition`,
    );
    const known = [...prismaSchema.tables].flatMap(([table, { primaryKey, uniqueKeys }]) => [
      ...(primaryKey.length === 0 ? [] : [{ table, type: 'p', key: [...primaryKey] }]),
      ...uniqueKeys.map((key) => ({ table, type: 'u', key: [...key] })),
    ]);
    const text = (each: object) => JSON.stringify(each);
    expect(known.map(text).sort()).toEqual(there.map(text).sort());
  });

  it('enumerations with their values in order', async () => {
    const there = await server.sql<{ name: string; values: string[] }>(
      `SELECT t.typname::text AS name, array_agg(e.enumlabel::text ORDER BY e.enumsortorder) AS values
         FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid
        WHERE t.typnamespace = 'sppp'::regnamespace GROUP BY 1 ORDER BY 1`,
    );
    const known = [...prismaSchema.enums].map(([name, values]) => ({ name, values }));
    expect(known.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(there);
  });

  it.each(Object.values(Prisma.ModelName))('%s can be read with the client', async (model) => {
    const table = [...prismaSchema.tables].find(([, its]) => its.model === model)?.[0];
    const prisma = server.deps.database.prisma as unknown as Record<string, { findMany(): Promise<unknown[]> }>;
    const rows = await prisma[model.charAt(0).toLowerCase() + model.slice(1)]?.findMany();
    const [counted] = await server.sql<{ n: number }>(`SELECT count(*)::int AS n FROM sppp.${table}`);
    expect(rows).toHaveLength(counted?.n ?? -1);
    if (fullSetTables.some((each) => each === table)) expect(rows).not.toEqual([]);
  });
});

describe('sppp_api', () => {
  it('has a comment on every view and on the schema', async () => {
    const mute = await server.sql(
      `SELECT c.relname AS name FROM pg_class c
        WHERE c.relnamespace = 'sppp_api'::regnamespace AND c.relkind IN ('v', 'm') AND obj_description(c.oid, 'pg_class') IS NULL
       UNION ALL SELECT nspname FROM pg_namespace
        WHERE nspname = 'sppp_api' AND obj_description(oid, 'pg_namespace') IS NULL`,
    );
    expect(mute).toEqual([]);
  });

  it('has views and functions only: no table is part of the contract', async () => {
    const kinds = await server.sql(
      `SELECT DISTINCT relkind::text AS kind FROM pg_class WHERE relnamespace = 'sppp_api'::regnamespace`,
    );
    expect(kinds).toEqual([{ kind: 'v' }]);
  });

  it('has only views that can be read', async () => {
    const views = await server.sql<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.views WHERE table_schema = 'sppp_api'`,
    );
    expect(views.length).toBeGreaterThan(5);
    for (const { name } of views) await server.sql(`SELECT * FROM sppp_api.${name}`);
  });

  it('shows the provisioned objects by their names', async () => {
    expect(
      await server.sql(
        `SELECT registrant, registrar, kind, identifier, value, destination_groups FROM sppp_api.public_identifier ORDER BY kind, value`,
      ),
    ).toEqual([
      {
        registrant: 'iana-en:222',
        registrar: 'iana-en:223',
        kind: 'TN',
        identifier: '+12025550100',
        value: '12025550100',
        destination_groups: ['FULL_DG'],
      },
      {
        registrant: 'iana-en:222',
        registrar: 'iana-en:223',
        kind: 'TN',
        identifier: '12025550101',
        value: '12025550101',
        destination_groups: [],
      },
      {
        registrant: 'iana-en:222',
        registrar: 'iana-en:223',
        kind: 'TNPrefix',
        identifier: '1203',
        value: '1203',
        destination_groups: [],
      },
    ]);
    expect(await server.sql('SELECT * FROM sppp_api.route_group')).toEqual(
      await server.sql('SELECT * FROM sppp_api.sed_group'),
    );
  });

  it('has no secrets: neither password hashes nor keys', async () => {
    const undescribed = await server.sql(
      `SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = 'sppp_api' AND column_name ~ 'ha1|secret|password|key'`,
    );
    expect(undescribed).toEqual([]);
  });
});

describe('the rows of a request', () => {
  it('name the transaction that wrote them, in every table that has one', async () => {
    const tables = (await columns()).filter(({ column }) => column === 'transaction_id').map(({ table }) => table);
    expect(tables).toContain('public_identifier');
    const [last] = await server.sql<{ id: number }>('SELECT max(id)::float8 AS id FROM sppp.transaction');
    for (const table of tables) {
      const [row] = await server.sql<{ named: number; strange: number }>(
        `SELECT count(*) FILTER (WHERE transaction_id = $1)::int AS named,
                count(*) FILTER (WHERE transaction_id NOT IN (SELECT id FROM sppp.transaction))::int AS strange
           FROM sppp.${table}`,
        [last?.id],
      );
      expect(row?.strange).toBe(0);
      if (['destination_group', 'sed_record', 'sed_group', 'public_identifier'].includes(table)) {
        expect(row?.named, table).toBeGreaterThan(0);
      }
    }
  });

  it('every table without a foreign key has guards for insert and update', async () => {
    // A reference by its name only needs a guard: `…_id` columns without a foreign key.
    const watched = await server.sql<{ at: string }>(
      `SELECT r.relname || '.' || a.attname AS at FROM pg_constraint c
         JOIN pg_class r ON r.oid = c.conrelid
         JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) WHERE c.contype = 'f'`,
    );
    const known = new Set(watched.map(({ at }) => at));
    // Events and counts outlive what they name; rows of the outbox and of requests under way live for moments.
    const unguarded = new Set(['event', 'event_outbox', 'activity', 'request_under_way']);
    const bare = (await columns()).filter(
      ({ table, column }) =>
        /_id$/.test(column) &&
        !/trans_id$|org_id$/.test(column) &&
        !known.has(`${table}.${column}`) &&
        !unguarded.has(table),
    );
    const triggers = await server.sql<{ table: string; triggers: string[] }>(
      `SELECT c.relname::text AS "table", array_agg(t.tgname::text ORDER BY t.tgname) AS triggers
         FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE c.relnamespace = 'sppp'::regnamespace AND t.tgname LIKE 'guard%' AND t.tgenabled = 'O' GROUP BY 1`,
    );
    const guarded = new Map(triggers.map((each) => [each.table, each.triggers]));
    expect(new Set(bare.map(({ table }) => table))).toContain('public_identifier');
    for (const { table } of bare) expect(guarded.get(table), table).toEqual(['guard_insert', 'guard_update']);
  });
});

describe('the migrations', () => {
  it('have nothing to do in a database that was migrated, and change nothing in it', async () => {
    const picture = () =>
      server.sql(
        `SELECT c.oid, c.relname, c.relfilenode, c.xmin::text FROM pg_class c
          WHERE c.relnamespace IN ('sppp'::regnamespace, 'sppp_api'::regnamespace) ORDER BY 1`,
      );
    expect(await migrate(server.databaseUrl)).toEqual([]); // a copy of the template takes its place
    const before = await picture();
    expect(await migrate(server.databaseUrl)).toEqual([]);
    expect(await picture()).toEqual(before);
  });
});
