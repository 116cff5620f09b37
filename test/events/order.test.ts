/** Events of transactions that commit in another order than they began: readers that go on from each page miss none. */

import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CloudEvent } from '../../src/events/cloud-event.js';
import { DigestClient } from '../support/digest-client.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

let server: TestServer;
let pool: pg.Pool;
beforeAll(async () => {
  server = await startServer();
  pool = new pg.Pool({ connectionString: server.databaseUrl, max: 20 });
});
afterAll(async () => {
  await pool.end();
  await server.close();
});

/** Writes what is to become an event, and leaves its transaction open. */
async function tell(subject: string): Promise<pg.PoolClient> {
  const db = await pool.connect();
  await db.query('BEGIN');
  await db.query(
    `INSERT INTO sppp.event_outbox (type, organization_id, subject_begin, keys, data)
     SELECT 'sppp.grant.made.v1', id, $1, '{""}', '{}' FROM sppp.organization WHERE org_id = 'iana-en:111'`,
    [subject],
  );
  return db;
}

async function end(db: pg.PoolClient, how: 'COMMIT' | 'ROLLBACK'): Promise<void> {
  await db.query(how);
  db.release();
}

/** Reads on until a subject has come; returns all since then. */
class Reader {
  readonly got: string[] = [];
  readonly #client = new DigestClient({ username: 'ssp1', password: 'ssp1' });
  #after = 0;

  async until(subject: string): Promise<void> {
    while (!this.got.includes(subject)) {
      const { status, headers, text } = await this.#client.send(`${server.url}/events?after=${this.#after}&wait=60`);
      expect(status, text).toBe(200);
      const subjects = (JSON.parse(text) as CloudEvent[]).map((event) => event.subject);
      this.got.push(...subjects.filter((each) => /^[a-z]\d/.test(each)));
      this.#after = Number(headers['sppp-events-next']);
    }
  }
}

it('an earlier one that commits later is still read', async () => {
  const reader = new Reader();
  const early = await tell('a1');
  await end(await tell('a2'), 'COMMIT');
  await reader.until('a2');
  expect(reader.got).toEqual(['a2']);
  const undone = await tell('a3');
  await end(early, 'COMMIT');
  await reader.until('a1');
  await end(undone, 'ROLLBACK');
  await end(await tell('a4'), 'COMMIT');
  await reader.until('a4');
  expect(reader.got).toEqual(['a2', 'a1', 'a4']);
});

it('of many in any order, some undone, all that are committed are read once by each reader, each writer’s in its order', async () => {
  const readers = [new Reader(), new Reader()];
  const committed: string[] = [];
  let chance = 7;
  const next = () => {
    chance = (chance * 1_103_515_245 + 12_345) % 2_147_483_648;
    return chance / 2_147_483_648;
  };
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let n = 0; n < 40; n++) {
      const subject = `b${writer}.${n}`;
      const db = await tell(subject);
      if (next() < 0.5) await db.query('SELECT pg_sleep($1)', [next() / 50]);
      const isDone = next() < 0.8;
      await end(db, isDone ? 'COMMIT' : 'ROLLBACK');
      if (isDone) committed.push(subject);
    }
  });
  const reading = readers.map((reader) => reader.until('c0'));
  await Promise.all(writers);
  await end(await tell('c0'), 'COMMIT');
  await Promise.all(reading);
  const [first = readers[0], second] = readers;
  const ours = (first?.got ?? []).filter((subject) => subject.startsWith('b'));
  expect([...ours].sort()).toEqual([...committed].sort());
  expect(second?.got).toEqual(first?.got);
  for (let writer = 0; writer < 8; writer++) {
    const own = (subjects: readonly string[]) => subjects.filter((subject) => subject.startsWith(`b${writer}.`));
    expect(own(ours)).toEqual(own(committed));
  }
});
