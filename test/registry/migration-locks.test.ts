/**
 * Migrations beside busy writers and sessions that hold locks for long: writers never wait behind one for longer than its try
 * lasts, nobody gets into a deadlock, and it ends when the locks are to be had.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { OperatorError } from '../../src/operator-error.js';
import { type Patience, waitText } from '../../src/registry/schema/lock-patience.js';
import type { LockWait } from '../../src/registry/schema/lock-watch.js';
import { migrate } from '../../src/registry/schema/migrate.js';
import { createEmptyDatabase } from '../support/database.js';
import { released, type SchemaFolder, schemaWith } from '../support/schema-folder.js';
import { insertPubId, makeFamily, registryOf, type SqlRegistry } from '../support/sql-registry.js';

vi.setConfig({ testTimeout: 180_000 });

/** SQL files of the first release that have changed since: their triggers and functions are in use by writers. */
const lackedByRelease = expect.arrayContaining(['20-cascades.sql', '40-route-changes.sql']);

/** How long a writer may wait for a lock. A migration that waits for its own behind others holds it far longer. */
const WRITER_PATIENCE = '20s';

let registry: SqlRegistry;
let folder: SchemaFolder | undefined;
/** What the tries of the migration waited for. */
let waits: (LockWait | undefined)[];
const patience: Partial<Patience> = { pause: 50, report: (wait) => waits.push(wait) };

beforeEach(async () => {
  const database = await createEmptyDatabase();
  await migrate(database.url, released);
  registry = await registryOf(database);
  waits = [];
});
afterEach(async () => {
  await registry.drop();
  await folder?.remove();
  folder = undefined;
});

const triesAre = (count: number) => expect.poll(() => waits.length, { timeout: 90_000 }).toBeGreaterThanOrEqual(count);
/** Whether somebody waits for a lock on a table. */
const isAwaited = (table: string) =>
  registry.value<boolean>('SELECT EXISTS (SELECT FROM pg_locks WHERE relation = $1::regclass AND NOT granted)', [
    table,
  ]);
const pidOf = async (session: pg.Client) =>
  (await session.query('SELECT pg_backend_pid() AS pid')).rows[0].pid as number;

/** Writers of groups and numbers, each in a session of its own, until they are stopped. */
async function startWriters(count: number) {
  const { organization, transaction } = await makeFamily(registry);
  let isOver = false;
  const commits = Array.from({ length: count }, () => 0);
  const write = async (writer: number) => {
    const session = await registry.session();
    await session.query(`SET lock_timeout = '${WRITER_PATIENCE}'`);
    while (!isOver) {
      const name = `${writer}_${commits[writer]}`;
      await session.query('BEGIN');
      await session.query(
        `INSERT INTO sppp.destination_group (transaction_id, c_date, rant_id, rar_id, name, name_key)
         VALUES ($1, now(), $2, $2, $3, $3)`,
        [transaction, organization, name],
      );
      await session.query(insertPubId, [transaction, organization, `1${writer}${commits[writer]}`]);
      await session.query('COMMIT');
      commits[writer] = (commits[writer] ?? 0) + 1;
    }
  };
  const writing = Promise.all(commits.map((_, writer) => write(writer)));
  writing.catch(() => undefined); // is awaited by stop
  return {
    commits: () => [...commits],
    /** Rejects if a writer has waited for too long, or was in a deadlock. */
    stop: async () => {
      isOver = true;
      await writing;
    },
  };
}

it('a pending migration waits for a long reader without the writers, and ends with the reader', async () => {
  const reader = await registry.session();
  await reader.query('BEGIN');
  await reader.query('SELECT count(*) FROM sppp.destination_group');
  const writers = await startWriters(4);
  await expect.poll(() => Math.min(...writers.commits())).toBeGreaterThan(0);

  // The SQL files that have changed since the release make triggers anew, on the tables that all write.
  // Its tries last half a second. Writers need some time between them on a busy machine.
  const migrating = migrate(registry.url, undefined, { ...patience, pause: 500 });
  await triesAre(1);
  const before = writers.commits();
  await triesAre(5);
  await expect
    .poll(() => writers.commits().every((count, writer) => count > (before[writer] ?? 0) + 5), { timeout: 90_000 })
    .toBe(true);
  const pid = await pidOf(reader);
  const isOfReader = (wait: LockWait | undefined) => wait?.holders.some((holder) => holder.pid === pid);
  await expect.poll(() => waits.some(isOfReader)).toBe(true);
  const wait = waits.find(isOfReader);
  expect(waitText(wait)).toMatch(
    /^a lock on sppp\.destination_group, held by .*pid \d+ \(unnamed, role \w+, idle in transaction, in a transaction for \d+ s\)/,
  );

  await reader.query('COMMIT');
  expect(await migrating).toEqual(lackedByRelease);
  await writers.stop();
  expect(await migrate(registry.url)).toEqual([]);
  expect(await registry.value(`SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()`)).toBe(
    0,
  );
});

it('a reader that goes on to what the migration has locked is in no deadlock with it', async () => {
  folder = await schemaWith({
    '20270101000000_two_tables': `ALTER TABLE sppp.sed_record ADD COLUMN note text;
      ALTER TABLE sppp.destination_group ADD COLUMN note text;`,
  });
  const reader = await registry.session();
  await reader.query('BEGIN');
  await reader.query('SELECT count(*) FROM sppp.destination_group');
  const migrating = migrate(registry.url, folder.source, patience);
  // It has locked the other table by then.
  await expect.poll(() => isAwaited('sppp.destination_group'), { interval: 10 }).toBe(true);
  await reader.query('SELECT count(*) FROM sppp.sed_record');
  await triesAre(3);
  await reader.query('COMMIT');
  expect(await migrating).toContain('20270101000000_two_tables');
  expect(await registry.value(`SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()`)).toBe(
    0,
  );
});

it('waits that are short by themselves are too long together', async () => {
  const tables = Array.from({ length: 8 }, (_, index) => `t${index}`);
  const owner = await registry.session();
  for (const table of tables) await owner.query(`CREATE TABLE public.${table} (n int)`);
  folder = await schemaWith({
    '20270101000000_many_tables': tables.map((table) => `ALTER TABLE public.${table} ADD COLUMN m int;`).join('\n'),
  });
  const holders = await Promise.all(
    tables.map(async (table) => {
      const session = await registry.session();
      await session.query('BEGIN');
      await session.query(`SELECT FROM public.${table}`);
      return { table, session };
    }),
  );
  const migrating = migrate(registry.url, folder.source, { ...patience, lockTimeout: 500 });
  for (const { table, session } of holders) {
    await expect.poll(() => isAwaited(table), { interval: 10 }).toBe(true);
    await delay(150);
    await session.query('COMMIT');
  }
  expect(await migrating).toContain('20270101000000_many_tables');
  expect(waits.length).toBeGreaterThan(0);
});

it('gives up after its patience, with nothing changed, and says who holds the lock and what to do', async () => {
  const reader = await registry.session();
  await reader.query('BEGIN');
  await reader.query('SELECT count(*) FROM sppp.destination_group');
  const failed = migrate(registry.url, undefined, { ...patience, total: 0 });
  await expect(failed).rejects.toThrow(OperatorError);
  const pid = await pidOf(reader);
  await expect(failed).rejects.toThrow(
    new RegExp(
      `^nothing was changed: one try did not get a lock on sppp\\.destination_group, held by pid ${pid} \\(.*\\); ` +
        `wait until that ends, or end it \\(SELECT pg_terminate_backend\\(${pid}\\)\\), and run sppp migrate again$`,
    ),
  );
  await reader.query('COMMIT');
  expect(await migrate(registry.url)).toEqual(lackedByRelease);
});

it('a second migration waits for the first one, and says so', async () => {
  const reader = await registry.session();
  await reader.query('BEGIN');
  await reader.query('SELECT count(*) FROM sppp.destination_group');
  const first = migrate(registry.url, undefined, patience);
  await triesAre(1);
  await expect(migrate(registry.url, undefined, { total: 0 })).rejects.toThrow(
    /did not get the lock of migrations, held by pid \d+ \(sppp migrate, role \w+, /,
  );
  const second = migrate(registry.url, undefined, { pause: 50 });
  await reader.query('COMMIT');
  expect(await first).toEqual(lackedByRelease);
  expect(await second).toEqual([]);
});
