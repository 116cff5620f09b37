/** Feeds that are read from a primary and from a standby in turn: nothing is missed, whatever is open or still to come. */

import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startBeating } from '../../src/registry/connection/beat.js';
import { type Database, openDatabase } from '../../src/registry/connection/database.js';
import { feed, isFault } from '../../src/registry/feed/feed.js';
import { type Follower, follow } from '../support/follower.js';
import { SharingWriter, sharing } from '../support/sharing-writer.js';
import { eventually, type Replication, startReplication } from '../support/standby.js';
import { held, visible } from '../support/visible.js';
import '../support/long-timeouts.js';

const { asker } = sharing;
let replication: Replication;
let databases: Database[];
let primary: pg.Pool;
let standby: pg.Pool;
let writers: SharingWriter[];
let follower: Follower;
let stopBeating: () => Promise<void>;

beforeAll(async () => {
  replication = await startReplication();
  await replication.commitDurably();
  databases = await Promise.all(
    [replication.primary, replication.standby].map(({ url }, at) =>
      openDatabase(url, { durable: false, maxConnections: 4, ...(at === 1 && { lookups: { maxAge: 60_000 } }) }),
    ),
  );
  [primary, standby] = databases.map(({ pool }) => pool) as [pg.Pool, pg.Pool];
  stopBeating = startBeating(primary);
  writers = await Promise.all([0, 1, 2, 3].map(() => SharingWriter.open(replication.primary.url)));
  await writers[0]?.setUp();
  await replication.catchUp();
});
afterAll(async () => {
  await stopBeating?.();
  for (const writer of writers ?? []) await writer.close();
  for (const database of databases ?? []) await database.close();
  await replication?.close();
});
afterEach(() => follower?.close());

const start = async (): Promise<[SharingWriter, SharingWriter]> => {
  follower = await follow(primary, asker);
  return writers as [SharingWriter, SharingWriter];
};

/** Pulls, and compares with what there is to be seen. The standby has to have it first. */
async function expectExact(from: pg.Pool): Promise<void> {
  if (from === standby) await replication.catchUp();
  await follower.pullFrom(from);
  expect(await held(follower.pool)).toEqual(await visible(from, asker));
}

const cursor = async () =>
  (await follower.pool.query<{ cursor: string }>('SELECT cursor FROM sppp.feed_position')).rows[0]?.cursor ?? '';

async function faultOf(pool: pg.Pool, maxAge?: number): Promise<unknown> {
  const lines = feed(pool, { asker, since: await cursor() }, maxAge);
  const { value } = await lines.next();
  await lines.return(undefined);
  return isFault(value) ? value.fault : 'none';
}

describe('a pull at a standby while transactions are open', () => {
  it('misses none of them, though what was committed meanwhile comes again', async () => {
    const [early, late] = await start();
    await expectExact(primary);
    await early.begin();
    await early.add('13000000001', 'SHARED');
    await late.add('13000000002', 'SHARED');
    await expectExact(standby);
    await early.commit();
    await replication.catchUp();
    expect(await follower.pullFrom(standby)).toMatchObject({ put: 2 });
    await expectExact(standby);
    expect(await follower.pullFrom(primary)).toMatchObject({ put: 0, removed: 0 });
  });

  it('takes back what was shared and lost, and brings back what was lost and shared, in that time', async () => {
    const [early, late] = await start();
    await late.add('13000000003', 'HIDDEN');
    await expectExact(primary);
    await early.begin();
    await early.add('13000000004', 'SHARED');
    await late.share('HIDDEN');
    await late.unshare('SHARED');
    await expectExact(standby);
    await late.unshare('HIDDEN');
    await late.share('SHARED');
    await expectExact(standby);
    await late.share('HIDDEN');
    await expectExact(standby);
    await late.add('13000000003', 'SHARED');
    await late.delete('13000000003');
    await late.unshare('HIDDEN');
    await expectExact(primary);
    await early.commit();
    await expectExact(primary);
  });

  it('does not make a suspension end the cursor again and again', async () => {
    const [early, late] = await start();
    await early.begin();
    await early.add('13000000005', 'SHARED');
    await late.query(`UPDATE sppp.organization SET suspended_at = now() WHERE org_id = '${sharing.owner}'`);
    await late.query(`UPDATE sppp.organization SET suspended_at = NULL WHERE org_id = '${sharing.owner}'`);
    await expectExact(standby);
    await expectExact(standby);
    await early.commit();
    await expectExact(standby);
    await late.query(`UPDATE sppp.organization SET suspended_at = now() WHERE org_id = '${sharing.owner}'`);
    await late.query(`UPDATE sppp.organization SET suspended_at = NULL WHERE org_id = '${sharing.owner}'`);
    await replication.catchUp();
    expect(await faultOf(standby)).toBe('gone');
  });

  it('many at random, here and there in turn: each time it has what is to be seen', async () => {
    await start();
    let seed = 20261130;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return Math.floor((seed / 2147483648) * below);
    };
    const groups = ['SHARED', 'HIDDEN'];
    let pulls = 0;
    for (let step = 0; step < 250; step++) {
      const at = random(writers.length);
      const writer = writers[at];
      const what = random(10);
      if (what === 0) {
        await expectExact(random(3) === 0 ? primary : standby);
        pulls += 1;
      } else if (writer === undefined) continue;
      else if (what === 1 && writer.isOpen) await writer.commit();
      else if (what === 2 && !writer.isOpen && at > 0) await writer.begin();
      // The first writer alone turns shares, and each has numbers of its own: none waits for another.
      else if (what < 6 && at === 0) {
        const group = groups[random(2)] ?? '';
        await (random(2) === 0 ? writer.share(group) : writer.unshare(group));
      } else if (what < 9) await writer.add(`1500000${at}00${random(4)}`, groups[random(2)] ?? '');
      else await writer.delete(`1500000${at}00${random(4)}`);
    }
    for (const writer of writers) if (writer.isOpen) await writer.commit();
    await expectExact(standby);
    await expectExact(primary);
    expect(pulls).toBeGreaterThan(10);
    await writers[0]?.share('SHARED');
    await writers[0]?.unshare('HIDDEN');
  });
});

describe('a cursor that is ahead of the database', () => {
  let waiter: SharingWriter;
  /** Makes each commit of a new session wait, as no standby of that name comes. */
  const holdCommits = async () => {
    await replication.onPrimary(`ALTER SYSTEM SET synchronous_standby_names = 'nobody'`);
    await replication.onPrimary('SELECT pg_reload_conf()');
    await eventually(async () => {
      const [row] = await replication.onPrimary<{ is: boolean }>(
        "SELECT current_setting('synchronous_standby_names') = 'nobody' AS is",
      );
      return row?.is === true;
    });
    waiter = await SharingWriter.open(replication.primary.url);
  };
  const releaseCommits = async () => {
    await replication.onPrimary('ALTER SYSTEM RESET synchronous_standby_names');
    await replication.onPrimary('SELECT pg_reload_conf()');
  };
  const showsOnStandby = (rows: string) => eventually(async () => (await standby.query(rows)).rows.length > 0);
  afterEach(async () => {
    await replication.resumeReplay();
    await releaseCommits();
    await waiter?.close();
  });

  it('waits for a standby that lags', async () => {
    const [writer] = await start();
    await expectExact(primary);
    await expectExact(standby);
    await replication.pauseReplay();
    await writer.add('13000000006', 'SHARED');
    await expectExact(primary);
    expect(await faultOf(standby)).toBe('later');
    await replication.resumeReplay();
    await replication.catchUp();
    expect(await follower.pullFrom(standby)).toMatchObject({ put: 0, removed: 0 });
  });

  it('waits for a primary that still waits for another standby', async () => {
    const [writer] = await start();
    await expectExact(primary);
    await holdCommits();
    const waiting = waiter.add('13000000007', 'SHARED');
    await showsOnStandby("SELECT FROM sppp.public_identifier WHERE value = '13000000007'");
    await follower.pullFrom(standby);
    expect(await held(follower.pool)).toEqual(await visible(standby, asker));
    expect(await faultOf(primary)).toBe('later');
    expect(await faultOf(standby)).toBe('none');
    await releaseCommits();
    await waiting;
    await writer.delete('13000000007');
    await expectExact(primary);
  });

  it('may be ahead without knowing it, and what it has seen so is taken back later', async () => {
    const [early, late] = await start();
    await late.add('13000000009', 'HIDDEN');
    await expectExact(primary);
    await early.begin();
    await early.add('13000000008', 'SHARED');
    await holdCommits();
    const waiting = waiter.share('HIDDEN');
    await showsOnStandby(
      `SELECT FROM sppp.sed_group_offer f JOIN sppp.sed_group g ON g.id = f.sed_group_id
        WHERE g.name = 'HIDDEN' AND f.status = 'accepted'`,
    );
    await follower.pullFrom(standby);
    expect(await held(follower.pool)).toEqual(await visible(standby, asker));
    // The primary shows less than the follower has seen, and what it may have seen is not forgotten.
    await follower.pullFrom(primary);
    await releaseCommits();
    await waiting;
    await late.unshare('HIDDEN');
    await expectExact(primary);
    await early.commit();
    await expectExact(primary);
  });

  it('of another database is gone, on a standby too', async () => {
    await start();
    await expectExact(standby);
    const ofOther = (await cursor()).replace(/^1\.\d+/, '1.1');
    await follower.pool.query('UPDATE sppp.feed_position SET cursor = $1', [ofOther]);
    expect(await faultOf(standby)).toBe('gone');
  });
});

it('data that are older than is allowed are no feed', async () => {
  await start();
  await expectExact(standby);
  expect(await faultOf(standby, 60)).toBe('none');
  expect(await faultOf(standby, -1)).toBe('later');
});
