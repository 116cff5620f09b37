/** Cursors after failovers of a real primary: they go on where nothing that they saw was lost, else they end once. */

import type pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startBeating } from '../../src/registry/connection/beat.js';
import { type Database, openDatabase } from '../../src/registry/connection/database.js';
import { applyFeed } from '../../src/registry/feed/apply.js';
import { type Follower, feedLines, follow } from '../support/follower.js';
import { SharingWriter, sharing } from '../support/sharing-writer.js';
import { eventually, type Replication, startReplication } from '../support/standby.js';
import { held, visible } from '../support/visible.js';
import '../support/long-timeouts.js';

const { asker } = sharing;
const GONE =
  'The cursor is of another database, or of one before a restore. Take a new snapshot: a feed without since.';

let replication: Replication;
let databases: Database[];
let primary: pg.Pool;
let standby: pg.Pool;
let writer: SharingWriter;
let followers: [Follower, Follower, Follower];
let stopBeating: () => Promise<void>;

beforeEach(async () => {
  replication = await startReplication();
  await replication.commitDurably();
  databases = await Promise.all(
    [replication.primary, replication.standby].map(({ url }) =>
      openDatabase(url, { durable: false, maxConnections: 4 }),
    ),
  );
  [primary, standby] = databases.map(({ pool }) => pool) as [pg.Pool, pg.Pool];
  stopBeating = startBeating(primary);
  writer = await SharingWriter.open(replication.primary.url);
  await writer.setUp();
  for (let n = 0; n < 5; n++) await writer.add(`1300000000${n}`, n % 2 === 0 ? 'SHARED' : 'HIDDEN');
  await replication.catchUp();
  followers = [await follow(primary, asker), await follow(primary, asker), await follow(primary, asker)];
});
afterEach(async () => {
  await stopBeating?.();
  await writer?.close();
  for (const follower of followers ?? []) await follower.close();
  for (const database of databases ?? []) await database.close();
  await replication?.close();
});

/** The standby takes over, and its nodes write. What was the primary does not come back. */
async function failOver(): Promise<void> {
  await stopBeating();
  await replication.failOver();
  await writer.close();
  stopBeating = startBeating(standby);
  writer = await SharingWriter.open(replication.standby.url);
}

async function expectExact(follower: Follower, from: pg.Pool): Promise<void> {
  await follower.pullFrom(from);
  expect(await held(follower.pool)).toEqual(await visible(from, asker));
}

/** The new primary gives the numbers of transactions that were lost to other ones, and its log outgrows the lost one. */
async function writeMuch(): Promise<void> {
  await writer.query(`CREATE TABLE filler AS SELECT repeat('x', 1000) AS text FROM generate_series(1, 1000)`);
  for (let n = 0; n < 20; n++) await writer.add(`1400000000${n % 10}`, n % 3 === 0 ? 'HIDDEN' : 'SHARED');
  await writer.delete('13000000002');
}

it('after a failover to a synchronous standby all cursors go on, and the changes are exact', async () => {
  await replication.onPrimary("ALTER SYSTEM SET synchronous_standby_names = '*'");
  await replication.onPrimary('SELECT pg_reload_conf()');
  await eventually(async () => {
    const rows = await replication.onPrimary("SELECT FROM pg_stat_replication WHERE sync_state = 'sync'");
    return rows.length === 1;
  });
  const [idle, late, there] = followers;
  await idle.pull();
  const open = await SharingWriter.open(replication.primary.url);
  await open.begin();
  await open.add('13000000008', 'SHARED');
  await writer.delete('13000000000');
  await late.pull();
  await replication.catchUp();
  await there.pullFrom(standby);
  await idle.pull();

  // The primary ends with a transaction that is open, and with one whose commit nobody has acknowledged.
  await replication.disconnect();
  const unacknowledged = writer.add('13000000009', 'SHARED').catch(() => undefined);
  await eventually(async () => {
    const rows = await replication.onPrimary("SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
    return rows.length > 0;
  });
  await stopBeating();
  await replication.failOver();
  await unacknowledged;
  await open.close();
  // No checkpoint has been waited for.
  expect(await late.pullFrom(standby)).toMatchObject({ put: 0, removed: 0 });
  expect(await idle.pullFrom(standby)).toMatchObject({ put: 0, removed: 0 });
  await expectExact(there, standby);
  writer = await SharingWriter.open(replication.standby.url);
  await writeMuch();
  for (const follower of followers) await expectExact(follower, standby);
  for (const follower of followers) expect(await follower.pullFrom(standby)).toMatchObject({ put: 0, removed: 0 });
});

it('after a failover that lost changes those cursors end, once, that had seen them', async () => {
  const [before, there, ahead] = followers;
  await before.pull();
  await replication.catchUp();
  await there.pullFrom(standby);
  await replication.disconnect();
  await writer.delete('13000000000');
  await writer.add('13000000009', 'SHARED');
  await ahead.pull();
  await failOver();
  await expect(ahead.pullFrom(standby)).rejects.toThrow(GONE);
  for (const follower of [before, there]) await expectExact(follower, standby);
  await writeMuch();
  await expect(ahead.pullFrom(standby), 'the log is longer now').rejects.toThrow(GONE);
  for (const follower of [before, there]) await expectExact(follower, standby);
  await applyFeed(ahead.pool, feedLines(standby, asker, undefined));
  await writer.add('13000000000', 'HIDDEN');
  for (const follower of followers) await expectExact(follower, standby);
});

it('a pull that is under way while its standby becomes the primary ends with a cursor that goes on', async () => {
  const [follower, other] = followers;
  await follower.pullFrom(standby);
  await other.pullFrom(standby);
  await writer.add('13000000009', 'SHARED');
  await replication.catchUp();
  const asked = await follower.pool.query<{ cursor: string }>('SELECT cursor FROM sppp.feed_position');
  const lines = feedLines(standby, asker, asked.rows[0]?.cursor);
  const first = await lines.next();
  await failOver();
  const rest = async function* () {
    yield first.value as string;
    yield* lines;
  };
  expect((await applyFeed(follower.pool, rest())).put).toBeGreaterThan(0);
  await writeMuch();
  for (const each of [follower, other]) await expectExact(each, standby);
});
