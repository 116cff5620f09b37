import type pg from 'pg';
import { type Database, openDatabase } from '../../src/registry/connection/database.js';
import { type Expired, expireBesideJournal } from '../../src/registry/journal/expiry.js';
import type { DaysKept, PartitionedTable } from '../../src/registry/journal/retention.js';
import { DAY_MS } from '../../src/values/days.js';

/** Requests of a time, in milliseconds, each with a row in each table that is partitioned. */
export async function addRequestOf(db: Pick<pg.ClientBase, 'query'>, at: number, count = 1): Promise<void> {
  await db.query(`INSERT INTO sppp.organization (org_id) VALUES ('iana-en:77') ON CONFLICT DO NOTHING`);
  await db.query(
    `WITH t AS (INSERT INTO sppp.transaction (server_trans_id, operation, mode, received_at, answered_at, code)
                SELECT gen_random_uuid(), 'submitAddRqst', 'partial', $1, $1, 2100 FROM generate_series(1, $2) RETURNING id),
          b AS (INSERT INTO sppp.transaction_body (transaction_id, kept_at, encoding, is_whole, body)
                SELECT id, $1, 'identity', true, '<x/>' FROM t),
          f AS (INSERT INTO sppp.transaction_failure
                  (transaction_id, index, verb, registrant, noun, code, attr_name, attr_val, is_cut)
                SELECT id, 1, 'add', 'iana-en:77', 'DestGrp', 2101, 'dgName', 'x', false FROM t),
          c AS (INSERT INTO sppp.transaction_code (transaction_id, code, objects) SELECT id, 2101, 1 FROM t)
     INSERT INTO sppp.deletion (transaction_id, rant_id, noun, key) SELECT t.id, o.id, 'DestGrp', 'x' FROM t, sppp.organization o WHERE o.org_id = 'iana-en:77'`,
    [new Date(at), count],
  );
}

/** The days of retention of all tables: of requests, and of what stays with the journal. */
export function keptFor(requests: number, journal = requests): DaysKept {
  return { transaction_body: requests, transaction_failure: requests, transaction_code: journal, deletion: journal };
}

/** A node of a registry, as far as the retention is concerned. */
export interface RetainingNode {
  readonly database: Database;
  expire(at: number, days: DaysKept, ended?: AbortSignal): Promise<Expired | undefined>;
}

export async function openRetainingNode(url: string): Promise<RetainingNode> {
  const database = await openDatabase(url, { maxConnections: 2, durable: false });
  return {
    database,
    expire: (at, days, ended) => expireBesideJournal(database.pool, new Date(at), days, ended),
  };
}

/** The ages in days, at a time, of the youngest and the oldest request that a table has rows of, and how many. */
export async function agesIn(
  db: Pick<pg.ClientBase, 'query'>,
  table: PartitionedTable,
  at: number,
): Promise<{ count: number; oldest: number }> {
  const { rows } = await db.query<{ count: number; oldest: Date | null }>(
    `SELECT count(*)::int AS count, min(received_at) AS oldest
       FROM sppp.${table} x JOIN sppp.transaction t ON t.id = x.transaction_id`,
  );
  const { count = 0, oldest = null } = rows[0] ?? {};
  return { count, oldest: oldest === null ? 0 : (at - oldest.getTime()) / DAY_MS };
}
