/** Settings of a role, a database or a session for other programs: the server does not depend on them. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, expect, it, vi } from 'vitest';
import { openLookups } from '../../src/deps.js';
import { addOrganization, revokeCredential } from '../../src/registry/access/administration.js';
import { openDatabase } from '../../src/registry/connection/database.js';
import { reach } from '../../src/registry/connection/reach.js';
import { startEmbeddedPostgres } from '../../src/registry/embedded/embedded-postgres.js';
import { migrate } from '../../src/registry/schema/migrate.js';
import { b, expectDone, ref, sedGrp } from '../support/carrier.js';
import { askServer, createEmptyDatabase, createRole, type TestDatabase, type TestRole } from '../support/database.js';
import { lookups } from '../support/lookup.js';
import { addRequest, delRequest, destGrp, numberKey, obj, objKey, readAnswer, tn } from '../support/message.js';
import { acceptRequest, offer, offerKey } from '../support/peering.js';
import { startServer } from '../support/server.js';
import { sipNaptr } from '../support/sharing.js';

/** Each of these alone breaks something, unless the server resets it. */
const alone: readonly (readonly [name: string, value: string])[] = [
  ['datestyle', 'German, DMY'],
  ['search_path', 'nowhere'],
  ['array_nulls', 'off'],
  ['standard_conforming_strings', 'off'],
  ['session_replication_role', 'replica'],
  ['default_transaction_isolation', 'repeatable read'],
  ['default_transaction_read_only', 'on'],
];

const foreign: readonly (readonly [name: string, value: string])[] = [
  ...alone,
  ['intervalstyle', 'iso_8601'],
  ['timezone', 'Asia/Kathmandu'],
  ['bytea_output', 'escape'],
  ['extra_float_digits', '-15'],
  ['client_encoding', 'LATIN1'],
  ['xmloption', 'document'],
  ['backslash_quote', 'off'],
  ['transform_null_equals', 'on'],
  ['quote_all_identifiers', 'on'],
  ['check_function_bodies', 'off'],
  ['row_security', 'off'],
  ['exit_on_error', 'on'],
  ['plpgsql.extra_errors', 'all'],
  ['default_transaction_isolation', 'serializable'],
  ['default_transaction_deferrable', 'on'],
  ['statement_timeout', '20s'],
  ['lock_timeout', '20s'],
  ['idle_in_transaction_session_timeout', '20s'],
  ['idle_session_timeout', '20s'],
  ['plan_cache_mode', 'force_generic_plan'],
  ['enable_indexscan', 'off'],
  ['enable_nestloop', 'off'],
  ['enable_sort', 'off'],
  ['join_collapse_limit', '1'],
  ['random_page_cost', '100'],
];

/** All of them, one value each, as SET takes it. */
const together = [...new Map(foreign)].map(([name, value]): [string, string] => [name, `'${value}'`]);
const sets = (whose: string, settings: readonly (readonly [string, string])[]) =>
  settings.map(([name, value]) => `ALTER ${whose} SET ${name} = ${name === 'search_path' ? 'nowhere' : value}`);

vi.setConfig({ testTimeout: 120_000 });

let database: TestDatabase | undefined;
let role: TestRole | undefined;
afterEach(async () => {
  await database?.drop();
  await role?.drop();
  database = undefined;
  role = undefined;
});

const databaseNameOf = ({ url }: TestDatabase) => new URL(url).pathname.slice(1);

/** Migrates twice, as two starts do, and runs the parts of a server that these settings have broken before. */
async function expectToWork(where: TestDatabase): Promise<void> {
  const url = await reach(where.url);
  expect((await migrate(url)).length).toBeGreaterThan(0);
  expect(await migrate(url)).toEqual([]);
  const server = await startServer({ database: { url, drop: async () => undefined } });
  try {
    const asked = lookups(server);
    const done = async (xml: string, as: 'ssp1' | 'ssp2r' = 'ssp2r') =>
      expectDone(readAnswer((await server.post(xml, { as })).text));
    await done(addRequest(destGrp('DEST'), sipNaptr('REC', 'ssp2.example')));
    await done(
      addRequest(obj('SedGrpType', sedGrp('GRP', ref('REC', 10) + b('dgName', 'DEST'))), offer('GRP', 'iana-en:111')),
    );
    await done(acceptRequest(offerKey('GRP', 'iana-en:111')), 'ssp1');
    const numbers = Array.from({ length: 1100 }, (_, index) => `1202556${String(index).padStart(4, '0')}`);
    await done(addRequest(...numbers.map((number) => tn(number, ['DEST']))));
    await done(addRequest(tn('+12025550100', ['DEST'])));
    await done(addRequest(tn('+12025550100', ['DEST'])));
    expect(await asked.targets('ssp1', '+12025550100')).toEqual(['sip:+12025550100@ssp2.example']);

    const pull = async (since?: string) => {
      const query = new URLSearchParams({ asker: 'iana-en:111', ...(since === undefined ? {} : { since }) });
      const { status, text } = await asked.send('ssp1', `/feed?${query}`);
      expect(status, text).toBe(200);
      return text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    };
    const { end, put } = (await pull()).at(-1) ?? {};
    expect(put).toBe(1104);
    await done(delRequest(...numbers.map((number) => numberKey('TN', number))));
    const changes = (await pull(String(end))).at(-1);
    expect(changes).toMatchObject({ removed: 1100, put: 0 });
    await done(delRequest(objKey('SedGrp', 'GRP'), objKey('DestGrp', 'DEST')));
    expect(await asked.targets('ssp1', '+12025550100')).toEqual([]);

    // A command beside it.
    const { pool, prisma, close } = await openDatabase(url, { durable: false, maxConnections: 2 });
    await addOrganization(prisma, 'iana-en:999', 'Nine');
    await revokeCredential(prisma, 'ssp2r', new Date(Date.now() - 1000));
    const own = openLookups(
      { lookup: { connections: 4, timeout: 5000, maxAge: 60_000, caches: { answerBytes: 1_000_000, numberBytes: 0 } } },
      { pool },
      () => undefined,
    );
    expect(await own.ask({ identifier: '+12025550100', asker: 'iana-en:111' })).toMatchObject({
      answer: { seds: [] },
    });
    await own.close();
    await close();
    await expect
      .poll(async () => (await server.post(addRequest(destGrp('DEST')))).status, { timeout: 20_000 })
      .toBe(401);
  } finally {
    await server.close();
  }
}

it.each(alone)('%s = %s, set for the database', async (name, value) => {
  database = await createEmptyDatabase();
  for (const sql of sets(`DATABASE ${databaseNameOf(database)}`, [[name, `'${value}'`]])) await askServer(sql);
  await expectToWork(database);
});

it.each(['database', 'role', 'role in database', 'URL'])('all of them together, set for the %s', async (whose) => {
  database = await createEmptyDatabase();
  role = await createRole('SUPERUSER');
  const own: TestDatabase = { url: role.at(database), drop: async () => undefined };
  if (whose === 'URL') {
    const url = new URL(own.url);
    const options = together.map(([name, value]) => `-c ${name}=${value.replaceAll("'", '').replaceAll(' ', '\\ ')}`);
    const given = `${url.href}&options=${encodeURIComponent(options.join(' '))}`;
    return expectToWork({ ...own, url: given });
  }
  const target = {
    database: `DATABASE ${databaseNameOf(database)}`,
    role: `ROLE ${role.name}`,
    'role in database': `ROLE ${role.name} IN DATABASE ${databaseNameOf(database)}`,
  }[whose];
  for (const sql of sets(target ?? '', together)) await askServer(sql);
  await expectToWork(own);
});

it('a role with no rights except its own database works', async () => {
  database = await createEmptyDatabase();
  role = await createRole();
  await askServer(`ALTER DATABASE ${databaseNameOf(database)} OWNER TO ${role.name}`);
  for (const [name, value] of together) {
    if (name === 'session_replication_role') continue;
    for (const sql of sets(`ROLE ${role.name}`, [[name, value]])) await askServer(sql);
  }
  await expectToWork({ url: role.at(database), drop: async () => undefined });
});

it('a setting that the role may not change is named, by the migration runner and by every pool', async () => {
  database = await createEmptyDatabase();
  role = await createRole();
  await askServer(`ALTER DATABASE ${databaseNameOf(database)} OWNER TO ${role.name}`);
  const url = role.at(database);
  await migrate(url);
  await askServer(`ALTER ROLE ${role.name} SET session_replication_role = replica`);
  const message =
    /^PostgreSQL's setting session_replication_role is not origin, and this role may not set it: ALTER ROLE/;
  await expect(reach(url)).rejects.toThrow(message);
  await expect(migrate(url)).rejects.toThrow(message);
  await expect(openDatabase(url, { durable: false })).rejects.toThrow(message);
});

it('a migration that did not fail half-way is not reported as failed', async () => {
  database = await createEmptyDatabase();
  await migrate(database.url);
  await askServer(`ALTER DATABASE ${databaseNameOf(database)} SET datestyle = 'German, DMY'`);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  expect((await client.query('SHOW datestyle')).rows).toEqual([{ DateStyle: 'German, DMY' }]);
  await client.end();
  expect(await migrate(database.url)).toEqual([]);
});

it('the embedded PostgreSQL works with PGOPTIONS too', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sppp-options-'));
  vi.stubEnv('PGOPTIONS', '-c default_transaction_read_only=on -c datestyle=German -c search_path=nowhere');
  try {
    const { url, stop } = await startEmbeddedPostgres({ dataDir, fsync: false });
    expect((await migrate(url)).length).toBeGreaterThan(0);
    expect(await migrate(url)).toEqual([]);
    const { prisma, close } = await openDatabase(url, { durable: false, maxConnections: 1 });
    await addOrganization(prisma, 'iana-en:1', '');
    await close();
    await stop();
  } finally {
    vi.unstubAllEnvs();
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
});
