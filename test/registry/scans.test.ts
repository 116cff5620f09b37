/** Plans that PostgreSQL keeps from when the registry was empty must not read whole tables once it is full. */

import pg from 'pg';
import { expect, it, onTestFinished, vi } from 'vitest';
import { expectDone } from '../support/carrier.js';
import { createDatabase } from '../support/database.js';
import { lookups } from '../support/lookup.js';
import { addRequest, delRequest, destGrp, getRequest, numberKey, readAnswer, tn } from '../support/message.js';
import { party } from '../support/peering.js';
import { startServer } from '../support/server.js';

/** PostgreSQL keeps a plan from the sixth use on. */
const ROUNDS = 8;

it('tables that were analyzed while they were empty are entered by keys', async () => {
  const database = await createDatabase();
  const db = new pg.Client(database.url);
  await db.connect();
  onTestFinished(async () => {
    await db.end();
    await database.drop();
  });
  const server = await startServer({ database: { ...database, drop: async () => undefined } });
  expectDone(await party(server, 'ssp2r').add(destGrp('DG_EAST'), destGrp('DG_WEST')));
  const { rows: tables } = await db.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'sppp'::regnamespace AND relkind = 'r'`,
  );
  for (const { name } of tables) await db.query(`ALTER TABLE sppp.${name} SET (autovacuum_enabled = off)`);
  // Summaries read the table, whenever autovacuum comes by.
  const { rows: brin } = await db.query<{ name: string }>(
    `SELECT i.indexrelid::regclass::text AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
       JOIN pg_am a ON a.oid = c.relam
      WHERE a.amname = 'brin' AND c.relkind = 'i' AND c.relnamespace = 'sppp'::regnamespace`,
  );
  for (const { name } of brin) await db.query(`ALTER INDEX ${name} SET (autosummarize = off)`);
  await db.query('VACUUM (ANALYZE)');
  const post = async (xml: string) =>
    expect(readAnswer((await server.post(xml, { as: 'ssp2r' })).text).code).toBe(1000);
  const asked = lookups(server);
  let next = 12_025_000_000;
  for (const size of [1, 40, 1200]) {
    for (let round = 0; round < ROUNDS; round++) {
      const numbers = Array.from({ length: size }, () => String(next++));
      const keys = numbers.map((each) => numberKey('TN', each));
      for (const group of ['DG_EAST', 'DG_WEST']) await post(addRequest(...numbers.map((each) => tn(each, [group]))));
      await post(getRequest(...keys));
      await asked.targets('ssp1', `+${numbers[0]}`);
      await post(delRequest(...keys.slice(size / 2)));
    }
  }
  await server.close();
  // A connection writes down what it has read at the latest when it ends.
  await vi.waitFor(async () => {
    const others = `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`;
    expect((await db.query<{ count: number }>(others)).rows).toEqual([{ count: 0 }]);
  }, 30_000);
  const { rows } = await db.query(
    `SELECT relname, seq_tup_read::int FROM pg_stat_user_tables s WHERE schemaname = 'sppp' AND seq_tup_read > 100 ORDER BY 2 DESC`,
  );
  expect(rows).toEqual([]);
}, 120_000);
