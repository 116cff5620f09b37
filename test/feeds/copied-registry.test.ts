/** A registry that was restored from a dump or copied: its rows carry the transaction numbers of another cluster. */

import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Database, openDatabase } from '../../src/registry/connection/database.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/registry/embedded/embedded-postgres.js';
import { feed, isFault } from '../../src/registry/feed/feed.js';
import { purgeFeedChanges } from '../../src/registry/feed/purge.js';
import { migrate } from '../../src/registry/schema/migrate.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Follower, follow } from '../support/follower.js';
import { copyRows } from '../support/logical-copy.js';
import { held, visible } from '../support/visible.js';

vi.setConfig({ testTimeout: 120_000 });

const [owner, asker] = ['iana-en:1', 'iana-en:2'];

/** Another cluster with a new counter. */
let other: EmbeddedPostgres;
let dataDir: string;
let databases = 0;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sppp-cluster-'));
  other = await startEmbeddedPostgres({ dataDir, fsync: false });
}, 120_000);
afterAll(async () => {
  await other?.stop();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

class Registry {
  readonly url: string;
  readonly pool: pg.Pool;
  readonly #database: Database;
  readonly #drop: () => Promise<void>;

  private constructor({ url, drop }: TestDatabase, database: Database) {
    this.url = url;
    this.pool = database.pool;
    this.#database = database;
    this.#drop = drop;
  }

  static async open(where: TestDatabase): Promise<Registry> {
    await migrate(where.url);
    return new Registry(where, await openDatabase(where.url, { durable: false, maxConnections: 4 }));
  }

  /** The number of the next transaction. */
  async counter(): Promise<number> {
    const { rows } = await this.pool.query<{ next: number }>(
      'SELECT pg_snapshot_xmax(pg_current_snapshot())::text::int AS next',
    );
    return rows[0]?.next ?? 0;
  }

  /** Lets transactions pass until the counter is beyond a number. */
  async pass(number: number): Promise<void> {
    await this.pool.query(
      `DO $$ BEGIN
         WHILE pg_snapshot_xmax(pg_current_snapshot())::text::bigint <= ${number} LOOP
           PERFORM pg_current_xact_id(); COMMIT;
         END LOOP;
       END $$`,
    );
  }

  /** Numbers of the owner in a group that is shared with the asker; the acceptance is last. */
  async fill(numbers: readonly string[]): Promise<void> {
    await this.pool.query(`INSERT INTO sppp.organization (org_id) VALUES ('${owner}'), ('${asker}')`);
    await this.add(numbers, 'DEST');
    const basic = `(SELECT max(id) FROM sppp.transaction), now(), ${OWNER}, ${OWNER}`;
    await this.pool.query(
      `INSERT INTO sppp.sed_group (transaction_id, c_date, rant_id, rar_id, name, name_key, is_in_svc, priority)
       VALUES (${basic}, 'GRP', 'grp', true, 1)`,
    );
    await this.pool.query(
      `INSERT INTO sppp.sed_group_dest_grp (sed_group_id, destination_group_id, position)
       SELECT g.id, d.id, 0 FROM sppp.sed_group g, sppp.destination_group d`,
    );
    await this.pool.query(
      `INSERT INTO sppp.sed_group_offer (transaction_id, c_date, sed_group_id, offered_to_id, rar_id, status,
         offer_date_time, accept_date_time)
       SELECT g.transaction_id, now(), g.id, o.id, ${OWNER}, 'accepted', now(), now()
         FROM sppp.sed_group g, sppp.organization o WHERE o.org_id = '${asker}'`,
    );
  }

  /** A request that adds numbers, and their group if it does not exist. */
  async add(numbers: readonly string[], group: string): Promise<void> {
    await this.pool.query(
      `WITH request AS (
         INSERT INTO sppp.transaction (server_trans_id, operation, mode, received_at)
         VALUES (gen_random_uuid(), 'submitAddRqst', 'atomic', now()) RETURNING id)
       INSERT INTO sppp.destination_group (transaction_id, c_date, rant_id, rar_id, name, name_key)
       SELECT id, now(), ${OWNER}, ${OWNER}, '${group}', lower('${group}') FROM request ON CONFLICT DO NOTHING`,
    );
    await this.pool.query(
      `INSERT INTO sppp.public_identifier (transaction_id, c_date, rant_id, rar_id, kind, value)
       SELECT (SELECT max(id) FROM sppp.transaction), now(), ${OWNER}, ${OWNER}, 'TN', n FROM unnest($1::text[]) n`,
      [numbers],
    );
    await this.pool.query(
      `INSERT INTO sppp.destination_group_member (public_identifier_id, destination_group_id, position)
       SELECT p.id, d.id, 0 FROM sppp.public_identifier p, sppp.destination_group d
        WHERE p.value = ANY ($1::text[]) AND d.name = $2`,
      [numbers, group],
    );
  }

  async delete(number: string): Promise<void> {
    await this.pool.query('DELETE FROM sppp.public_identifier WHERE value = $1', [number]);
  }

  async close(): Promise<void> {
    await this.#database.close();
    await this.#drop();
  }
}

const OWNER = `(SELECT id FROM sppp.organization WHERE org_id = '${owner}')`;

async function onOther(): Promise<TestDatabase> {
  const name = `copy_${++databases}`;
  const admin = await openDatabase(other.url, { durable: false, maxConnections: 1 });
  await admin.pool.query(`CREATE DATABASE ${name}`);
  await admin.close();
  const url = new URL(other.url);
  url.pathname = `/${name}`;
  return { url: url.href, drop: async () => undefined };
}

const onMain = () => createDatabase();

async function faultOf(pool: pg.Pool, since: string): Promise<unknown> {
  for await (const item of feed(pool, { asker, since })) return isFault(item) ? item.fault : 'none';
  return 'nothing';
}

/** A new follower gets all data, then only the changes, at any position of the counter. */
async function expectExact(copy: Registry, passed: number): Promise<void> {
  const follower: Follower = await follow(copy.pool, asker);
  try {
    const whole = async () => expect(await held(follower.pool)).toEqual(await visible(copy.pool, asker));
    await follower.pull();
    await whole();
    expect(await follower.pull()).toMatchObject({ put: 0, removed: 0 });
    await copy.delete('13000000001');
    expect(await follower.pull()).toMatchObject({ put: 0, removed: 1 });
    await copy.add(['13000000009'], 'DEST');
    expect(await follower.pull()).toMatchObject({ removed: 0 });
    await whole();
    await copy.pass(passed);
    expect(await follower.pull()).toMatchObject({ put: 0, removed: 0 });
    await copy.delete('13000000002');
    expect(await follower.pull()).toMatchObject({ put: 0, removed: 1 });
    // Deleting old changes makes no current cursor too old.
    await purgeFeedChanges(copy.pool, new Date(), 1);
    expect(await follower.pull()).toMatchObject({ put: 0, removed: 0 });
    await copy.pool.query("UPDATE sppp.sed_group_offer SET status = 'offered', accept_date_time = NULL");
    expect((await follower.pull()).removed).toBeGreaterThan(0);
    await whole();
    const { rows } = await copy.pool.query('SELECT sppp.changes_since(sppp.route_snapshot()) AS changes');
    expect(rows).toEqual([{ changes: null }]);
  } finally {
    await follower.close();
  }
}

describe.each([
  { counter: 'lower, and passes the old one later', from: onMain, to: onOther, isLower: true },
  { counter: 'higher', from: onOther, to: onMain, isLower: false },
])('a copy in a cluster whose counter is $counter', ({ from, to, isLower }) => {
  it('refuses old cursors, and gives new ones the changes', async () => {
    const old = await Registry.open(await from());
    const where = await to();
    await migrate(where.url);
    const made = await Registry.open(where);
    try {
      await (isLower ? old : made).pass((await (isLower ? made : old).counter()) + 500);
      await old.fill(['13000000001', '13000000002', '13000000003']);
      await old.delete('13000000003');
      const follower = await follow(old.pool, asker);
      const { cursor } = await follower.pull();
      await follower.close();
      const stamp = await old.counter();
      await copyRows(old.url, made.url);
      expect((await made.counter()) < stamp).toBe(isLower);

      await migrate(made.url); // as each start does
      expect(await faultOf(made.pool, cursor)).toBe('gone');
      await expectExact(made, stamp + 10);
      await migrate(made.url);
      const { rows } = await made.pool.query('SELECT sppp.check_database_identity() AS "hasMoved"');
      expect(rows).toEqual([{ hasMoved: false }]);
    } finally {
      await made.close();
      await old.close();
    }
  });
});

it('a restore into the same database is detected by its new tables', async () => {
  const registry = await Registry.open(await onMain());
  try {
    await registry.fill(['13000000001', '13000000002']);
    const follower = await follow(registry.pool, asker);
    const { cursor } = await follower.pull();
    await follower.close();
    expect(await faultOf(registry.pool, cursor)).toBe('none');
    await registry.pool.query(
      `UPDATE sppp.database_identity SET journal = journal - 1` /* as a dump has it whose tables are made anew */,
    );
    await migrate(registry.url);
    expect(await faultOf(registry.pool, cursor)).toBe('gone');
    await expectExact(registry, 0);
  } finally {
    await registry.close();
  }
});

it('a new timeline alone is the same database: transaction numbers stay, and cursors whose log it has go on', async () => {
  const where = await onOther();
  const before = await Registry.open(where);
  await before.fill(['13000000001', '13000000002']);
  const follower = await follow(before.pool, asker);
  const { cursor } = await follower.pull();
  await follower.close();
  const identitySql = `SELECT array_agg(xid ORDER BY id) AS xids, (SELECT since FROM sppp.database_identity) AS since FROM sppp.transaction`;
  const stamps = (await before.pool.query(identitySql)).rows;
  await before.close();

  // A recovery that finds no more of the log ends on a new timeline, as after a failover.
  await other.stop();
  await appendFile(join(dataDir, 'cluster', 'postgresql.auto.conf'), "restore_command = 'false'\n");
  await writeFile(join(dataDir, 'cluster', 'recovery.signal'), '');
  other = await startEmbeddedPostgres({ dataDir, fsync: false });
  const url = new URL(other.url);
  url.pathname = new URL(where.url).pathname;
  const after = await Registry.open({ url: url.href, drop: async () => undefined });
  try {
    const timeline = 'SELECT timeline_id AS id FROM pg_control_checkpoint()';
    await expect.poll(async () => (await after.pool.query(timeline)).rows, { timeout: 20_000 }).toEqual([{ id: 2 }]);
    expect((await after.pool.query(identitySql)).rows).toEqual(stamps);
    expect(await faultOf(after.pool, cursor)).toBe('none');
    await expectExact(after, 0);
  } finally {
    await after.close();
  }
});

it('an earlier copy of the files has the cursors of its time, and none that came later', async () => {
  const where = await onOther();
  const cluster = join(dataDir, 'cluster');
  const kept = join(dataDir, 'kept');
  const open = async () => {
    other = await startEmbeddedPostgres({ dataDir, fsync: false });
    const url = new URL(other.url);
    url.pathname = new URL(where.url).pathname;
    return Registry.open({ url: url.href, drop: async () => undefined });
  };
  const first = await Registry.open(where);
  await first.fill(['13000000001', '13000000002']);
  const [early, late] = [await follow(first.pool, asker), await follow(first.pool, asker)];
  const { cursor: earlier } = await early.pull();
  await first.close();
  await other.stop();
  await promisify(execFile)('cp', ['-a', cluster, kept]); // with its owner

  const second = await open();
  await second.delete('13000000001');
  const ofSecond = await faultOf(second.pool, earlier);
  expect(ofSecond, 'a restart ends no cursor').toBe('none');
  const { cursor: later } = await late.pullFrom(second.pool);
  expect(await faultOf(second.pool, later)).toBe('none');
  await second.close();
  await other.stop();

  // Nothing tells PostgreSQL that it was copied: the timeline goes on.
  await rm(cluster, { recursive: true, maxRetries: 5 });
  await rename(kept, cluster);
  const restored = await open();
  try {
    for (let n = 0; n < 50; n++) await restored.add([`1400000000${n % 10}${n}`], 'DEST');
    await restored.pass((await restored.counter()) + 500);
    expect(await faultOf(restored.pool, later)).toBe('gone');
    expect(await faultOf(restored.pool, earlier)).toBe('none');
    await early.pullFrom(restored.pool);
    expect(await held(early.pool)).toEqual(await visible(restored.pool, asker));
  } finally {
    await restored.close();
    await early.close();
    await late.close();
  }
});
