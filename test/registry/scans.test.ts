/** Whatever PostgreSQL expects in a table, requests must not read all of it. */

import pg from 'pg';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { addGrant } from '../../src/registry/access/administration.js';
import { expectDone, ref, sedGrp, uriRec } from '../support/carrier.js';
import { claimed, of225 } from '../support/claims.js';
import { createDatabase } from '../support/database.js';
import { lookups } from '../support/lookup.js';
import {
  addRequest,
  delRequest,
  destGrp,
  getRequest,
  numberKey,
  obj,
  objKey,
  readAnswer,
  tn,
} from '../support/message.js';
import { egrRte, ingress, offer, offerKey, offerObjKey, party } from '../support/peering.js';
import { startServer, type TestServer, type UserName } from '../support/server.js';
import { dgName } from '../support/sharing.js';

/** PostgreSQL keeps a plan from the sixth use on. */
const ROUNDS = 8;

const GROUPS = ['DG_EAST', 'DG_WEST'];

const PEER = 'iana-en:225';

/** It is a registrar of the same registrant as well. */
const COLLEAGUE = { rant: 'iana-en:222', rar: PEER };

let db: pg.Client;
let server: TestServer;
let next: number;

beforeEach(async () => {
  const database = await createDatabase();
  db = new pg.Client(database.url);
  await db.connect();
  onTestFinished(async () => {
    await db.end();
    await database.drop();
  });
  server = await startServer({ database: { ...database, drop: async () => undefined } });
  await addGrant(server.deps.database.prisma, COLLEAGUE.rar, COLLEAGUE.rant);
  next = 12_025_000_000;
  expectDone(await party(server, 'ssp2r').add(...GROUPS.map((name) => destGrp(name))));
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
});

const numbers = (count: number) => Array.from({ length: count }, () => String(next++));

async function post(xml: string, as: UserName = 'ssp2r'): Promise<void> {
  expect(readAnswer((await server.post(xml, { as })).text).code).toBe(1000);
}

/** Adds numbers and replaces them, by two registrars, gets them, looks one up, and deletes half of them; each some times. */
async function work(sizes: readonly number[], rounds: number): Promise<void> {
  const asked = lookups(server);
  for (const size of sizes) {
    for (let round = 0; round < rounds; round++) {
      const own = numbers(size);
      const keys = own.map((each) => numberKey('TN', each));
      for (const group of GROUPS) await post(addRequest(...own.map((each) => tn(each, [group]))));
      await post(addRequest(...own.map((each) => tn(each, GROUPS, COLLEAGUE))), 'ssp3');
      await post(getRequest(...keys));
      await asked.targets('ssp1', `+${own[0]}`);
      await post(delRequest(...keys.slice(size / 2)));
    }
  }
}

/** Ends the server. A connection writes down what it has read at the latest when it ends. */
async function end(): Promise<void> {
  await server.close();
  await vi.waitFor(async () => {
    const others = `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`;
    expect((await db.query<{ count: number }>(others)).rows).toEqual([{ count: 0 }]);
  }, 30_000);
}

/** So does VACUUM leave tables that it cannot shorten: PostgreSQL expects no row on any of their pages. */
async function expectNothing(): Promise<void> {
  await db.query(
    `UPDATE pg_class SET reltuples = 0, relpages = greatest(relpages, 1) WHERE relnamespace = 'sppp'::regnamespace AND relkind = 'r'`,
  );
  await db.query('SELECT pg_stat_reset()');
}

/** Nothing has been read by rows since then, and of no index so much. Organizations are five, and read as often as it suits. */
async function expectReadByKeys(much: number): Promise<void> {
  await end();
  expect((await db.query(readByRow)).rows).toEqual([]);
  const { rows } = await db.query(
    `SELECT indexrelname, idx_tup_read::int FROM pg_stat_user_indexes
      WHERE schemaname = 'sppp' AND relname <> 'organization' AND idx_tup_read >= $1 ORDER BY 2 DESC`,
    [much],
  );
  expect(rows).toEqual([]);
}

const readByRow = `SELECT relname, seq_tup_read::int FROM pg_stat_user_tables
  WHERE schemaname = 'sppp' AND seq_tup_read > 100 ORDER BY 2 DESC`;

it('tables that were analyzed while they were empty are entered by keys', async () => {
  await db.query('VACUUM (ANALYZE)');
  await work([1, 40, 1200], ROUNDS);
  await end();
  expect((await db.query(readByRow)).rows).toEqual([]);
}, 120_000);

it('tables whose rows were all deleted and vacuumed before others came are entered by keys', async () => {
  const others = 80_000;
  await post(addRequest(...numbers(others).map((each) => tn(each, GROUPS))));
  await expectNothing();
  await work([1, 40, 1200, 3000], 1);
  await expectReadByKeys(others);
}, 120_000);

it('so are those of other objects', async () => {
  const others = 2_000;
  const owner = party(server, 'ssp2r');
  const names = (count: number, begin: string) => Array.from({ length: count }, (_, n) => `${begin}_${n}`);
  const added = (all: readonly string[]) =>
    all.flatMap((name) => [
      destGrp(name),
      obj('URIType', uriRec(name)),
      obj('SedGrpType', sedGrp(name, ref(name, 10) + dgName(name))),
      offer(name, PEER),
      tn(String(next++), [name]),
    ]);
  expectDone(await owner.add(...added(names(others, 'OTHER'))));
  await expectNothing();
  const own = names(20, 'OWN');
  const keys = [
    ...own.map((name) => offerObjKey(name, PEER)),
    ...(['SedGrp', 'SedRec', 'DestGrp'] as const).flatMap((noun) => own.map((name) => objKey(noun, name))),
  ];
  const from = next;
  expectDone(await owner.add(...added(own)));
  next = from;
  expectDone(await owner.add(...added(own)));
  expectDone(await party(server, 'ssp3').accept(...own.map((name) => offerKey(name, PEER))));
  expect((await owner.get(...keys)).resultObjs).toHaveLength(keys.length);
  expectDone(await owner.del(...keys));
  // A deletion may go through all references once: of two indexes that PostgreSQL expects nothing in it takes either.
  await expectReadByKeys(2 * others);
}, 120_000);

it('so are claims, what look-ups are explained by, and ingress groups', async () => {
  const others = 4_000;
  const claims = (all: readonly string[], owner = {}) => all.map((each) => claimed(`TN ${each}`, owner));
  const groups = Array.from({ length: 500 }, (_, n) => `GROUP_${n}`);
  const [owner, peer] = [party(server, 'ssp2r'), party(server, 'ssp3')];
  await post(addRequest(...claims(numbers(others))));
  expectDone(await owner.add(...groups.map((name) => obj('SedGrpType', sedGrp(name, dgName('DG_EAST'))))));
  expectDone(await owner.add(...groups.map((name) => offer(name, PEER))));
  expectDone(await peer.accept(...groups.map((name) => offerKey(name, PEER))));
  await expectNothing();
  const own = numbers(20);
  await post(addRequest(...claims(own)));
  await post(addRequest(...claims(own, of225)), 'ssp3');
  expectDone(await owner.add(...own.map((each) => tn(each, ['DG_EAST']))));
  await db.query(`SELECT FROM sppp_api.explain($1, $2)`, [`+${own[0]}`, PEER]);
  expectDone(await peer.add(...groups.slice(0, 20).map((name) => egrRte(name, ingress(name), of225))));
  expectDone(await owner.del(...own.map((each) => numberKey('TN', each))));
  // What the claims of the others have read may be written down later; a join of two lists would read twenty times as much.
  await expectReadByKeys(5 * others);
}, 120_000);
