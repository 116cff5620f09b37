import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/operator-error.js';
import { ownPackage } from '../../src/own-package.js';
import { programOfNode } from '../../src/registry/connection/connected-nodes.js';
import { migrate, planMigration } from '../../src/registry/schema/migrate.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let client: pg.Client;
let folder: string;

beforeEach(async () => {
  database = await createEmptyDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  folder = await mkdtemp(join(tmpdir(), 'sppp-migrations-'));
  await writeFile(join(folder, 'migration_lock.toml'), 'provider = "postgresql"\n');
});
afterEach(async () => {
  await client.end();
  await database.drop();
  await rm(folder, { recursive: true });
});

async function write(name: string, sql: string): Promise<void> {
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, 'migration.sql'), sql);
}

const run = () => migrate(database.url, { migrations: folder });

describe('an empty database', () => {
  it('gets all migrations in the order of their names, each file as one script', async () => {
    await write('20260102000000_b', "INSERT INTO step VALUES (2, ';');\nINSERT INTO step VALUES (3, $$;$$);");
    await write('20260101000000_a', 'CREATE TABLE step (n int, t text); INSERT INTO step VALUES (1);');
    expect(await run()).toEqual(['20260101000000_a', '20260102000000_b']);
    expect((await client.query('SELECT n FROM step')).rows).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  it('gets the history that Prisma would write', async () => {
    await write('20260101000000_a', 'SELECT 1;\n');
    await run();
    const { rows } = await client.query('SELECT * FROM _prisma_migrations');
    expect(rows).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
        // printf 'SELECT 1;\n' | sha256sum
        checksum: 'b4e0497804e46e0a0b0b8c31975b062152d551bac49c3c2e80932567b4085dcd',
        finished_at: expect.any(Date),
        migration_name: '20260101000000_a',
        logs: null,
        rolled_back_at: null,
        started_at: expect.any(Date),
        applied_steps_count: 1,
      },
    ]);
  });

  it('gets the migrations of the project, which then have nothing to add', async () => {
    const names = await migrate(database.url);
    expect(names.length).toBeGreaterThan(0);
    expect(await migrate(database.url)).toEqual([]);
  });

  it('is migrated once when several servers start at the same moment', async () => {
    await write('20260101000000_a', 'CREATE TABLE once (); SELECT pg_sleep(0.1);');
    const applied = await Promise.all([run(), run(), run()]);
    expect(applied.flat()).toEqual(['20260101000000_a']);
  });

  it('is migrated in the schema public, even if a schema has the name of the user or a script sets another', async () => {
    await write('20260101000000_a', 'CREATE SCHEMA AUTHORIZATION CURRENT_USER; SET search_path = pg_catalog;');
    await write('20260102000000_b', 'CREATE TABLE b ();');
    await run();
    expect(await run()).toEqual([]);
    expect((await client.query(`SELECT to_regclass('public.b')::text AS b`)).rows).toEqual([{ b: 'b' }]);
  });

  it('stays empty if one migration fails', async () => {
    await write('20260101000000_a', 'CREATE TABLE a ();');
    await write('20260102000000_b', 'CREATE TABLE b (); SELECT 1/0;');
    await expect(run()).rejects.toThrow(OperatorError);
    await expect(run()).rejects.toThrow(/20260102000000_b failed.*division by zero/);
    const tables = `SELECT FROM pg_tables WHERE schemaname = 'public'`;
    expect((await client.query(tables)).rowCount).toBe(0);
  });
});

describe('a migrated database', () => {
  beforeEach(async () => {
    await write('20260101000000_a', 'CREATE TABLE a ();\nCREATE TABLE b ();\n');
    await run();
  });

  it('gets only the missing migrations', async () => {
    await write('20260102000000_b', 'CREATE TABLE c ();');
    expect(await run()).toEqual(['20260102000000_b']);
    expect(await run()).toEqual([]);
  });

  it('is refused if a migration was changed since', async () => {
    await write('20260101000000_a', 'CREATE TABLE a ();\nCREATE TABLE c ();\n');
    await expect(run()).rejects.toThrow('20260101000000_a was applied to this database with another content');
  });

  it('is not refused if only the line ends changed', async () => {
    await write('20260101000000_a', 'CREATE TABLE a ();\r\nCREATE TABLE b ();\r\n');
    expect(await run()).toEqual([]);
  });

  it('is refused if it is newer than the server', async () => {
    await rm(join(folder, '20260101000000_a'), { recursive: true });
    await expect(run()).rejects.toThrow('20260101000000_a, unknown here');
  });

  it('is refused if a migration failed in it', async () => {
    await client.query('UPDATE _prisma_migrations SET finished_at = NULL');
    await expect(run()).rejects.toThrow('20260101000000_a failed half-way');
  });

  it('gets a migration that was marked as rolled back once more', async () => {
    await client.query('UPDATE _prisma_migrations SET rolled_back_at = now(), finished_at = NULL');
    await client.query('DROP TABLE a, b');
    expect(await run()).toEqual(['20260101000000_a']);
  });
});

describe('SQL files', () => {
  let sqlFolder: string;
  const runAll = () => migrate(database.url, { migrations: folder, sql: sqlFolder });
  const writeSql = (name: string, sql: string) => writeFile(join(sqlFolder, name), sql);
  const one = () => client.query<{ one: number }>('SELECT one()');
  const returning = (value: number) => `CREATE OR REPLACE FUNCTION one() RETURNS int RETURN ${value};\n`;

  beforeEach(async () => {
    sqlFolder = await mkdtemp(join(tmpdir(), 'sppp-sql-'));
    await write('20260101000000_a', 'CREATE TABLE a (n int);');
    await writeSql('10-one.sql', returning(1));
    await writeSql('20-a.sql', 'CREATE OR REPLACE VIEW b AS SELECT n, one() FROM a;\n');
  });

  afterEach(() => rm(sqlFolder, { recursive: true }));

  it('are applied after the migrations, in the order of their names', async () => {
    expect(await runAll()).toEqual(['20260101000000_a', '10-one.sql', '20-a.sql']);
    expect(await runAll()).toEqual([]);
    expect((await one()).rows).toEqual([{ one: 1 }]);
  });

  it('are applied anew when their content changes, and no others', async () => {
    await runAll();
    await writeSql('10-one.sql', returning(2));
    expect(await runAll()).toEqual(['10-one.sql']);
    expect((await one()).rows).toEqual([{ one: 2 }]);
    await writeSql('20-a.sql', 'CREATE OR REPLACE VIEW b AS SELECT n, one() FROM a;\r\n');
    expect(await runAll()).toEqual([]); // a checkout may change the line ends
  });

  it('are all applied anew after a migration, which may have dropped their objects', async () => {
    await runAll();
    await write('20260102000000_b', 'DROP VIEW b; ALTER TABLE a ALTER n TYPE bigint;');
    expect(await runAll()).toEqual(['20260102000000_b', '10-one.sql', '20-a.sql']);
    expect((await client.query('SELECT * FROM b')).rows).toEqual([]);
  });

  it('of a newer server stay, and those of an older one are replaced', async () => {
    await runAll();
    await client.query(`UPDATE _sppp_sql_files SET version = '999.0.0' WHERE name = '20-a.sql'`);
    await writeSql('10-one.sql', returning(3));
    expect(await runAll()).toEqual([]);
    expect((await one()).rows).toEqual([{ one: 1 }]);
    await client.query(`UPDATE _sppp_sql_files SET version = '0.0.9'`);
    expect(await runAll()).toEqual(['10-one.sql']);
    expect((await one()).rows).toEqual([{ one: 3 }]);
  });

  it('change nothing, the migrations included, if one of them fails', async () => {
    await writeSql('30-bad.sql', 'SELECT 1/0;');
    await expect(runAll()).rejects.toThrow(/SQL file 30-bad.sql failed.*division by zero/);
    expect((await client.query(`SELECT FROM pg_tables WHERE schemaname = 'public'`)).rowCount).toBe(0);
  });
});

describe('nodes that are connected', () => {
  const { version: present } = ownPackage();
  let nodes: pg.Client[];
  beforeEach(async () => {
    const programs = [programOfNode('0.0.9', 'old'), programOfNode(present, 'new'), 'somebody else'];
    nodes = programs.map((name) => new pg.Client({ connectionString: database.url, application_name: name }));
    for (const each of nodes) await each.connect();
  });
  afterEach(() => Promise.all(nodes.map((each) => each.end())));

  const oldNodes = async () => {
    const { oldNodes: old } = await planMigration(database.url, { migrations: folder });
    return old.map(({ name, version }) => `${name} ${version}`);
  };

  it('are too old for a migration that names a newer server, or none', async () => {
    await write('20260101000000_a', '-- least server: 0.0.9\nSELECT 1;');
    expect(await oldNodes()).toEqual([]);
    await write('20260102000000_b', `-- least server: ${present}\nSELECT 1;`);
    expect(await oldNodes()).toEqual(['old 0.0.9']);
    await run();
    expect(await oldNodes()).toEqual([]);
    await write('20260103000000_c', 'SELECT 1;');
    expect(await oldNodes()).toEqual(['old 0.0.9']);
  });
});
