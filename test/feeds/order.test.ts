/** Order and completeness when transactions commit out of order, and pulls that break. */

import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/registry/connection/database.js';
import { applyFeed } from '../../src/registry/feed/apply.js';
import { purgeFeedChanges } from '../../src/registry/feed/purge.js';
import { type Follower, feedLines, follow } from '../support/follower.js';
import { createSqlRegistry, insertMember, insertPubId, makeFamily, type SqlRegistry } from '../support/sql-registry.js';
import { held, visible } from '../support/visible.js';

let registry: SqlRegistry;
let pool: pg.Pool;
let closePool: () => Promise<void>;
let follower: Follower;
const owner = { organization: 0, transaction: 0, destGrp: 0 };
const asker = 'iana-en:32473';

beforeAll(async () => {
  registry = await createSqlRegistry();
  const database = await openDatabase(registry.url, { durable: false, maxConnections: 4 });
  pool = database.pool;
  closePool = database.close;
  Object.assign(owner, await makeFamily(registry));
  const peer = await registry.value<number>('INSERT INTO sppp.organization (org_id) VALUES ($1) RETURNING id', [asker]);
  const group = await registry.value<number>(
    `INSERT INTO sppp.sed_group (transaction_id, c_date, rant_id, rar_id, name, name_key, is_in_svc, priority)
     VALUES ($1, now(), $2, $2, 'S', 's', true, 1) RETURNING id::int`,
    [owner.transaction, owner.organization],
  );
  await registry.value(
    'INSERT INTO sppp.sed_group_dest_grp (sed_group_id, destination_group_id, position) VALUES ($1, $2, 0)',
    [group, owner.destGrp],
  );
  await registry.value(
    `INSERT INTO sppp.sed_group_offer (transaction_id, c_date, sed_group_id, offered_to_id, rar_id, status, offer_date_time,
       accept_date_time) VALUES ($1, now(), $2, $3, $4, 'accepted', now(), now())`,
    [owner.transaction, group, peer, owner.organization],
  );
  follower = await follow(pool, asker);
});
afterAll(async () => {
  await follower?.close();
  await closePool?.();
  await registry?.drop();
});

/** The transaction of one request, open until the test ends it. */
class Writer {
  readonly #db: pg.Client;
  #transactionId = 0;
  #began = false;

  constructor(db: pg.Client) {
    this.#db = db;
  }

  get isOpen(): boolean {
    return this.#began;
  }

  async #first<T>(text: string, values: unknown[]): Promise<T> {
    const { rows } = await this.#db.query<unknown[], unknown[]>({ text, values, rowMode: 'array' });
    return rows[0]?.[0] as T;
  }

  async begin(): Promise<void> {
    await this.#db.query('BEGIN');
    this.#began = true;
    this.#transactionId = await this.#first(
      `INSERT INTO sppp.transaction (server_trans_id, operation, mode, received_at)
       VALUES (gen_random_uuid(), 'submitAddRqst', 'atomic', now()) RETURNING id::float8`,
      [],
    );
  }

  /** Adds a number under a savepoint, as bulk loads do. */
  async add(digits: string): Promise<number> {
    await this.#db.query('SAVEPOINT numbers');
    const id = await this.#first<number>(insertPubId, [this.#transactionId, owner.organization, digits]);
    await this.#db.query(insertMember, [id, owner.destGrp]);
    await this.#db.query('RELEASE SAVEPOINT numbers');
    return id;
  }

  async delete(id: number): Promise<void> {
    await this.#db.query('DELETE FROM sppp.public_identifier WHERE id = $1', [id]);
  }

  async end(how: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    await this.#db.query(how);
    this.#began = false;
  }
}

const writers = (count: number) =>
  Promise.all(Array.from({ length: count }, async () => new Writer(await registry.session())));

async function expectWhole(): Promise<void> {
  expect(await held(follower.pool)).toEqual(await visible(pool, asker));
}

describe('transactions that commit in another order than they began', () => {
  it('the earlier one is in the pull after its commit, once', async () => {
    await follower.pull();
    const [early, late] = (await writers(2)) as [Writer, Writer];
    await early.begin();
    const first = await early.add('13000000001');
    await late.begin();
    const second = await late.add('13000000002');
    await late.end('COMMIT');
    const numbers = async () => (await follower.peek()).filter(({ put }) => put === 'PubId').map(({ id }) => id);
    expect(await numbers()).toEqual([second]);
    await follower.pull();
    await early.end('COMMIT');
    expect(await numbers()).toEqual([first]);
    await follower.pull();
    expect(await numbers()).toEqual([]);
    await expectWhole();
  });

  it('many at random, some undone, with pulls in between: every number is added once and removed once', async () => {
    let seed = 20261125;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return Math.floor((seed / 2147483648) * below);
    };
    const all = await writers(6);
    const comings = new Map<unknown, number>();
    const goings = new Map<unknown, number>();
    const there: number[] = [];
    const pending = new Map<Writer, { added: number[]; deleted: number[] }>();
    let digits = 14000000000;
    const pull = async () => {
      for (const { put, remove, id } of await follower.peek()) {
        if (put === 'PubId') comings.set(id, (comings.get(id) ?? 0) + 1);
        if (remove === 'PubId') goings.set(id, (goings.get(id) ?? 0) + 1);
      }
      await follower.pull();
    };
    for (let step = 0; step < 300; step++) {
      const writer = all[random(all.length)] as Writer;
      const own = pending.get(writer);
      const what = random(10);
      if (what === 0) await pull();
      else if (own === undefined) {
        await writer.begin();
        pending.set(writer, { added: [], deleted: [] });
      } else if (what < 6) own.added.push(await writer.add(String(digits++)));
      else if (what < 7 && there.length > 0) {
        const [id = 0] = there.splice(random(there.length), 1);
        await writer.delete(id);
        own.deleted.push(id);
      } else {
        const how = random(4) === 0 ? 'ROLLBACK' : 'COMMIT';
        await writer.end(how);
        there.push(...(how === 'COMMIT' ? own.added : own.deleted));
        pending.delete(writer);
      }
    }
    for (const [writer, own] of pending) {
      await writer.end('COMMIT');
      there.push(...own.added);
    }
    await pull();
    await expectWhole();
    expect(there.length).toBeGreaterThan(20);
    expect(goings.size).toBeGreaterThan(2);
    expect([...comings.values()].filter((times) => times !== 1)).toEqual([]);
    expect([...goings.values()].filter((times) => times !== 1)).toEqual([]);
    for (const id of there) expect(comings.has(id)).toBe(true);
  }, 180_000);
});

describe('a pull that breaks', () => {
  it('changes nothing, and the next one brings all changes', async () => {
    const [writer] = (await writers(1)) as [Writer];
    await writer.begin();
    for (let n = 0; n < 20; n++) await writer.add(`1500000${1000 + n}`);
    await writer.end('COMMIT');
    const before = await held(follower.pool);
    for (const cut of [0, 1, 2, 7, 20]) {
      await expect(follower.pull(cut)).rejects.toThrow('The feed ends before its last line.');
      expect(await held(follower.pool)).toEqual(before);
    }
    expect(await follower.pull()).toMatchObject({ put: 20, removed: 0 });
    await expectWhole();
  });

  it('is not applied twice, nor is one with another start', async () => {
    const [{ cursor = '' } = {}] = (await follower.pool.query('SELECT cursor FROM sppp.feed_position')).rows;
    const [writer] = (await writers(1)) as [Writer];
    await writer.begin();
    await writer.add('16000000001');
    await writer.end('COMMIT');
    const lines: string[] = [];
    for await (const line of feedLines(pool, asker, cursor)) lines.push(line);
    const again = async function* () {
      yield* lines;
    };
    await applyFeed(follower.pool, again());
    await expect(applyFeed(follower.pool, again())).rejects.toThrow('the database is at');
    const withoutOne = async function* () {
      yield* (await follower.peek()).map((line) => JSON.stringify('end' in line ? { ...line, put: 1 } : line));
    };
    await expect(applyFeed(follower.pool, withoutOne())).rejects.toThrow('The feed is not whole.');
    await expectWhole();
  });

  it('is not applied to a database with other data', async () => {
    await expect(applyFeed(pool, feedLines(pool, asker, undefined))).rejects.toThrow(
      'The database holds something else',
    );
  });
});

describe('cursors', () => {
  it('can come from a server whose role has no special rights', async () => {
    expect(
      await registry.value(
        `SELECT bool_and(has_function_privilege('sppp_operator', f, 'EXECUTE'))
           FROM unnest('{pg_control_system(),pg_control_checkpoint(),pg_current_snapshot()}'::text[]) f`,
      ),
    ).toBe(true);
  });

  const linesSince = async (since: string) => {
    const lines = feedLines(pool, asker, since);
    try {
      await lines.next();
      return 'a feed';
    } catch (error) {
      return error instanceof Error ? error.message : '';
    } finally {
      await lines.return(undefined);
    }
  };
  const position = async () =>
    (await follower.pool.query<{ cursor: string }>('SELECT cursor FROM sppp.feed_position')).rows[0]?.cursor ?? '';

  it('that are invalid, or of another organization, are refused', async () => {
    const cursor = await position();
    expect(await linesSince(cursor)).toBe('a feed');
    for (const wrong of ['', '0', '2', `${cursor},`, cursor.replace(/^1/, '2'), '1.1-1-1.1.5:4:', '1.1-1-1.1.4:6:9']) {
      expect(await linesSince(wrong), wrong).toBe('Not a cursor of a feed.');
    }
    expect(await linesSince(cursor.replace(/^(1\.[^.]*\.)\d+/, '$199999'))).toBe('A cursor of another organization.');
  });

  it('of another database, or newer than a restored one, need a new snapshot', async () => {
    const cursor = await position();
    const elsewhere =
      'The cursor is of another database, or of one before a restore. Take a new snapshot: a feed without since.';
    expect(await linesSince(cursor.replace(/^1\.\d+/, '1.1'))).toBe(elsewhere);
    expect(await linesSince(cursor.replace(/[^.]*$/, '999999999:999999999:'))).toBe(elsewhere);
  });

  it('of version 0.1, which name a timeline, go on while the primary is on it', async () => {
    const onTimeline = (number: number) =>
      position().then((cursor) => cursor.replace(/^(1\.\d+)-(\d+)-[\d-]+/, `$1-${number}-$2`));
    expect(await linesSince(await onTimeline(1))).toBe('a feed');
    expect(await linesSince(await onTimeline(2))).toMatch(/^The cursor is of another database/);
  });

  it('with doubts that no server has are refused', async () => {
    const cursor = await position();
    const [, from = ''] = /\.(\d+):[^.]*$/.exec(cursor) ?? [];
    expect(await linesSince(`${cursor}~${from}-1`)).toBe('a feed');
    for (const wrong of ['~', '~1', '~1-', `~${BigInt(from) - 1n}-1`, '~9999999999999999999-1', `~${from}-1-1`]) {
      expect(await linesSince(cursor + wrong), wrong).toBe('Not a cursor of a feed.');
    }
  });

  it('that are too old need a new snapshot, and only those', async () => {
    const old = await position();
    const [writer] = (await writers(1)) as [Writer];
    await writer.begin();
    const id = await writer.add('17000000001');
    await writer.end('COMMIT');
    await writer.begin();
    await writer.delete(id);
    await writer.end('COMMIT');
    await follower.pull();
    const young = await position();
    expect(await purgeFeedChanges(pool, new Date(), 1)).toBe(0);
    expect(await linesSince(old)).toBe('a feed');
    expect(await purgeFeedChanges(pool, new Date(Date.now() + 2 * 86_400_000), 1)).toBeGreaterThan(0);
    expect(await linesSince(old)).toBe('The cursor is too old. Take a new snapshot: a feed without since.');
    expect(await linesSince(young)).toBe('a feed');
    await follower.pool.query('DELETE FROM sppp.feed_position');
    await expect(follower.pull()).rejects.toThrow('something else');
    await follower.pool.query('INSERT INTO sppp.feed_position (asker, cursor) VALUES ($1, $2)', [asker, old]);
    await applyFeed(follower.pool, feedLines(pool, asker, undefined));
    await expectWhole();
  });
});
