/** `sppp migrate` in processes of its own, on a database that another one starts. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ownPackage } from '../../src/own-package.js';
import { isNewer } from '../../src/registry/schema/least-server.js';
import { migrate, planMigration } from '../../src/registry/schema/migrate.js';
import { environmentOf, type Installation, install, sppp } from '../support/command-line.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { released } from '../support/schema-folder.js';

const TIMEOUT_MS = 180_000;

let installation: Installation;
let empty: TestDatabase;
let old: TestDatabase;
beforeAll(async () => {
  [installation, empty, old] = await Promise.all([install(), createEmptyDatabase(), createEmptyDatabase()]);
  await migrate(old.url, released);
}, TIMEOUT_MS);
afterAll(async () => {
  await installation?.remove();
  await Promise.all([empty?.drop(), old?.drop()]);
});

async function ask<Row extends pg.QueryResultRow>({ url }: TestDatabase, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<Row>(sql).finally(() => client.end());
  return rows;
}

const applied = () => ask(old, 'SELECT name, sha256 FROM public._sppp_sql_files ORDER BY 1');

it('an empty database gets its registry by it alone', { timeout: TIMEOUT_MS }, async () => {
  const settings = { DATABASE_URL: empty.url };
  for (const command of [['serve'], ['demo'], ['enum'], ['org', 'list'], ['follow', '--create'], ['psql', '-l']]) {
    expect(await sppp(installation, command, settings)).toEqual({
      code: 1,
      out: '',
      err: 'sppp: DATABASE_URL: there is no registry; sppp migrate makes one\n',
    });
  }
  const lookups = await sppp(installation, ['serve', '--lookups-only'], { LOOKUP_DATABASE_URL: empty.url });
  expect([lookups.code, lookups.err]).toEqual([
    1,
    'sppp: LOOKUP_DATABASE_URL: there is no registry; sppp migrate makes one on the primary, with DATABASE_URL\n',
  ]);

  const check = await sppp(installation, ['migrate', '--check'], settings);
  expect([check.code, check.err]).toEqual([1, '']);
  expect(check.out).toMatch(/^-- migration 20261121000000_baseline, for servers that have it\n/);
  expect(check.out).toContain('CREATE TABLE sppp.organization (');
  expect(check.out).toMatch(/\n-- nothing was done; sppp migrate does it, in one transaction\n$/);
  expect(await ask(empty, `SELECT FROM pg_tables WHERE schemaname IN ('sppp', 'public')`)).toEqual([]);
  // What it prints is SQL.
  const client = new pg.Client({ connectionString: empty.url });
  await client.connect();
  await client.query('BEGIN');
  await client.query(check.out);
  expect((await client.query('SELECT FROM sppp_api.transaction')).rowCount).toBe(0);
  await client.query('ROLLBACK');
  await client.end();

  const done = await sppp(installation, ['migrate'], settings);
  expect([done.code, done.err]).toEqual([0, '']);
  expect(done.out).toMatch(/^migration 20261121000000_baseline, for servers that have it\n/);
  expect(done.out).toMatch(
    /\nSQL file 93-publish-events\.sql\njob queue sppp_jobs, revision 19\na new, empty registry\n$/,
  );
  // The PostgreSQL of the tests may not be durable enough for a command, which finds its schema.
  expect((await sppp(installation, ['org', 'list'], settings)).err).not.toMatch(/registry|schema|migrate/);
  expect(await sppp(installation, ['migrate'], settings)).toEqual({ code: 0, out: 'nothing to do\n', err: '' });
  expect(await sppp(installation, ['migrate', '--check'], settings)).toEqual({
    code: 0,
    out: '-- nothing to do\n',
    err: '',
  });
});

it('an older schema is refused with the command, and named by --check', { timeout: TIMEOUT_MS }, async () => {
  const settings = { DATABASE_URL: old.url };
  const before = await applied();
  for (const command of [['serve'], ['enum'], ['credential', 'list']]) {
    const { code, err } = await sppp(installation, command, settings);
    expect(code).toBe(1);
    expect(err).toMatch(
      /^sppp: DATABASE_URL: the schema is older than this server, it lacks \S+ and \d+ more: run sppp migrate\n$/,
    );
  }
  const { code, out } = await sppp(installation, ['migrate', '--check', '--json'], settings);
  expect([code, JSON.parse(out)]).toEqual([
    1,
    {
      isDone: false,
      isNew: false,
      steps: expect.arrayContaining([
        { kind: 'SQL file', name: '20-cascades.sql', leastServer: null, sql: expect.stringContaining('CREATE') },
        { kind: 'SQL file', name: '40-route-changes.sql', leastServer: null, sql: expect.stringContaining('CREATE') },
      ]),
    },
  ]);
  expect(await applied()).toEqual(before);
});

it('says what it waits for; killed, it has done nothing, and the next one does it', {
  timeout: TIMEOUT_MS,
}, async () => {
  const settings = { DATABASE_URL: old.url };
  const before = await applied();
  const reader = new pg.Client({ connectionString: old.url, application_name: 'report' });
  await reader.connect();
  await reader.query('BEGIN; SELECT count(*) FROM sppp.destination_group');
  const child = spawn(process.execPath, [join(installation.folder, 'dist', 'cli', 'sppp.js'), 'migrate'], {
    env: environmentOf(settings),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [said] = (await once(child.stderr, 'data')) as [Buffer];
  expect(said.toString()).toMatch(
    /^sppp: the migration waits for a lock on sppp\.destination_group, held by pid \d+ \(report, role \w+, idle in transaction, in a transaction for \d+ s\); it tries again\n$/,
  );
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await applied()).toEqual(before);

  const refused = await sppp(installation, ['migrate', '--patience', '0', '--lock-timeout', '50'], settings);
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(/\nsppp: nothing was changed: one try did not get a lock on .*; wait until .*\n$/);
  expect(await applied()).toEqual(before);

  await reader.end();
  const { code, out } = await sppp(installation, ['migrate', '--json'], settings);
  expect([code, JSON.parse(out)]).toEqual([
    0,
    {
      isDone: true,
      isNew: false,
      steps: expect.arrayContaining([
        { kind: 'SQL file', name: '20-cascades.sql', leastServer: null },
        { kind: 'SQL file', name: '40-route-changes.sql', leastServer: null },
      ]),
    },
  ]);
});

it('refuses other times than it can take', { timeout: TIMEOUT_MS }, async () => {
  const { code, err } = await sppp(installation, ['migrate', '--lock-timeout', '5'], { DATABASE_URL: old.url });
  expect([code, err]).toEqual([1, expect.stringContaining('a whole number from 10 to 60000')]);
});

it('each migration after the first release says which servers can work on it', async () => {
  const former = (await readdir(released.migrations)).sort();
  const database = await createEmptyDatabase();
  const { steps } = await planMigration(database.url);
  await database.drop();
  const silent = steps.filter(({ kind, leastServer }) => kind === 'migration' && leastServer === undefined);
  expect(silent.map(({ name }) => name)).toEqual(former);
  // A server that cannot work on its own schema would not start.
  const { version } = ownPackage();
  expect(steps.filter(({ leastServer = version }) => isNewer(leastServer, version))).toEqual([]);
});
