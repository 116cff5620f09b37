/** Lists of a registry that is much larger than a page: each page has its rows by bounded work, and all pages have every row once. */

import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listNamed, type NamedFilter } from '../../src/registry/find/list-named.js';
import { listOffers, type OfferFilter } from '../../src/registry/find/list-offers.js';
import type { ListedPage, ListPage } from '../../src/registry/find/list-page.js';
import { listPubIds, type PubIdFilter } from '../../src/registry/find/list-pub-ids.js';
import { createSqlRegistry, type SqlRegistry } from '../support/sql-registry.js';
import '../support/long-timeouts.js';

/** Rows of each table: several times what a page may look at. */
const ROWS = 60_000;
const PAGE = 100;
/** Rows that a page looks at where its order alone finds them, and where it has to choose among others. */
const OF_ITS_OWN = 1000;
const CHOSEN = 25_000;
/** Blocks that are read for each of these rows at most: of its index, its table, and those of what it refers to. */
const BLOCKS = 12;

let registry: SqlRegistry;
let db: pg.Client;
/** The work of the statements since the last look: rows of any of their steps, and blocks. */
let work = { rows: 0, blocks: 0 };

interface Plan {
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly Plan[];
}

/** Asks the database, and notes what the statement had to do. */
const watched = {
  query: async (text: string, values: unknown[]) => {
    const { rows } = await db.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `EXPLAIN (ANALYZE, BUFFERS, TIMING off, FORMAT json) ${text}`,
      values,
    );
    const [{ Plan: plan }] = (rows[0] as (typeof rows)[0])['QUERY PLAN'];
    work = {
      rows: Math.max(work.rows, mostRows(plan)),
      blocks: work.blocks + plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
    };
    return db.query(text, values);
  },
} as unknown as pg.Pool;

function mostRows(plan: Plan): number {
  const own = (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'];
  return Math.max(own, ...(plan.Plans ?? []).map(mostRows));
}

/** Row ids of the organizations: one has nearly everything, the others have little. */
const [LARGE, SMALL, PEER] = [1, 2, 3];

beforeAll(async () => {
  registry = await createSqlRegistry();
  db = await registry.session();
  await db.query(`INSERT INTO sppp.organization (org_id) VALUES ('iana-en:1'), ('iana-en:2'), ('iana-en:3')`);
  await db.query(`INSERT INTO sppp.transaction (server_trans_id, operation, mode, received_at)
    VALUES (gen_random_uuid(), 'submitAddRqst', 'atomic', now())`);
  // Every thousandth object is of the small organization.
  const basic = 'transaction_id, c_date, rant_id, rar_id, name, name_key';
  const values = (name: string) =>
    `SELECT t.id, now(), CASE WHEN n % 1000 = 0 THEN ${SMALL} ELSE ${LARGE} END, 1, '${name}' || n, '${name.toLowerCase()}' || n`;
  const from = `FROM sppp.transaction t, generate_series(1, ${ROWS}) n`;
  await db.query(`INSERT INTO sppp.destination_group (${basic}) ${values('D')} ${from}`);
  await db.query(
    `INSERT INTO sppp.sed_group (${basic}, is_in_svc, priority) ${values('G')}, n % 20000 <> 0, 1 ${from}`,
  );
  await db.query(
    `INSERT INTO sppp.sed_record (${basic}, kind, is_in_svc, host_name) ${values('R')}, 'NS', true, 'ns.example' ${from}`,
  );
  await db.query(
    `INSERT INTO sppp.sed_group_dest_grp (sed_group_id, destination_group_id, position)
     SELECT g.id, d.id, 0 FROM sppp.sed_group g JOIN sppp.destination_group d ON d.name = CASE WHEN g.id % 100 = 0 THEN 'D1' ELSE 'D2' END`,
  );
  await db.query(
    `INSERT INTO sppp.sed_group_offer (transaction_id, c_date, sed_group_id, offered_to_id, rar_id, status, offer_date_time, accept_date_time)
     SELECT t.id, now(), g.id, CASE WHEN g.id % 1000 = 7 THEN ${PEER} ELSE ${SMALL} END, 1, 'accepted', now(), now()
       FROM sppp.transaction t, sppp.sed_group g WHERE g.rant_id = ${LARGE}`,
  );
  await db.query(
    `INSERT INTO sppp.sed_group_sed_record (sed_group_id, sed_record_id, position, priority)
     SELECT g.id, r.id, 0, 0 FROM sppp.sed_group g JOIN sppp.sed_record r ON r.id = g.id`,
  );
  await db.query(
    `INSERT INTO sppp.public_identifier (transaction_id, rant_id, kind, value)
     SELECT t.id, CASE WHEN n % 1000 = 0 THEN ${SMALL} ELSE ${LARGE} END, 'TN', (12020000000 + n)::text ${from}`,
  );
  await db.query(
    `INSERT INTO sppp.public_identifier (transaction_id, rant_id, kind, value, span)
     SELECT t.id, ${LARGE}, 'TNPrefix', n::text, sppp.digit_range(n::text, n || ':')
       FROM sppp.transaction t, generate_series(1300, 1400) n`,
  );
  await db.query(
    `INSERT INTO sppp.destination_group_member (public_identifier_id, destination_group_id, position)
     SELECT p.id, d.id, 0 FROM sppp.public_identifier p
       JOIN sppp.destination_group d ON d.name = CASE WHEN p.id % 1000 = 3 THEN 'D1' ELSE 'D2' END`,
  );
  await db.query('VACUUM (ANALYZE)');
});
afterAll(() => registry.drop());

const anyNamed: NamedFilter = {
  ...{ type: 'DestGrp', sort: 'name', rants: undefined, peers: undefined, begin: '' },
  ...{ isInSvc: undefined, kind: undefined, destGrp: undefined },
};
const anyPubId: PubIdFilter = {
  ...{ sort: 'number', rants: undefined, isSecret: false, begin: '', kind: undefined, destGrp: undefined },
};
const anyOffer: OfferFilter = { visibleTo: undefined, offeredBy: undefined, offeredTo: undefined, status: undefined };

type Read = (page: ListPage) => Promise<ListedPage | undefined>;
const named =
  (filter: Partial<NamedFilter>): Read =>
  (page) =>
    listNamed(watched, { ...anyNamed, ...filter }, page);
const pubIds =
  (filter: Partial<PubIdFilter>): Read =>
  (page) =>
    listPubIds(watched, { ...anyPubId, ...filter }, page);
const offers =
  (filter: Partial<OfferFilter>): Read =>
  (page) =>
    listOffers(watched, { ...anyOffer, ...filter }, page);

const sorted: [string, Read][] = [
  ['destination groups by name', named({})],
  ['destination groups by registrant', named({ sort: 'registrant' })],
  ['destination groups whose names begin so', named({ begin: 'd5' })],
  ['destination groups of a registrant', named({ rants: [SMALL] })],
  ['destination groups of two registrants', named({ rants: [SMALL, LARGE] })],
  ['those by registrant', named({ rants: [SMALL, LARGE], sort: 'registrant' })],
  ['those whose names begin so', named({ rants: [SMALL, LARGE], begin: 'd5' })],
  ['numbers', pubIds({})],
  ['numbers that begin so', pubIds({ begin: '1202005' })],
  ['numbers in the order in which they were added', pubIds({ sort: 'added' })],
  ['offers', offers({})],
];

const chosen: [string, Read][] = [
  ['names that begin so by registrant', named({ sort: 'registrant', begin: 'd59' })],
  ['SED groups out of service', named({ type: 'SedGrp', isInSvc: false })],
  ['SED groups out of service of two registrants', named({ type: 'SedGrp', isInSvc: false, rants: [SMALL, LARGE] })],
  ['SED groups of a destination group that few have', named({ type: 'SedGrp', destGrp: 'd1' })],
  ['SED groups of a destination group that most have', named({ type: 'SedGrp', destGrp: 'd2' })],
  ['SED groups that are shared', named({ type: 'SedGrp', peers: [PEER] })],
  ['SED records that are shared', named({ type: 'SedRec', peers: [PEER], begin: 'r1' })],
  ['SED records of a kind', named({ type: 'SedRec', kind: 'URI' })],
  ['numbers of a registrant', pubIds({ rants: [SMALL] })],
  ['those in the order in which they were added', pubIds({ rants: [SMALL], sort: 'added', isSecret: true })],
  ['those that begin so', pubIds({ rants: [SMALL], sort: 'added', isSecret: true, begin: '120200' })],
  ['those that begin so, by number', pubIds({ rants: [SMALL], isSecret: true, begin: '1202005' })],
  ['prefixes', pubIds({ kind: 'TNPrefix' })],
  ['numbers of a destination group with few', pubIds({ destGrp: 'd1' })],
  ['numbers of a destination group with most', pubIds({ destGrp: 'd2' })],
  ['offers by an organization', offers({ offeredBy: [LARGE] })],
  ['offers to an organization', offers({ offeredTo: [PEER] })],
  ['offers that a registrar may see', offers({ visibleTo: [PEER] })],
  ['offers in a state', offers({ status: 'offered' })],
];

describe.each([
  ['looks at the rows of a page alone', sorted, OF_ITS_OWN],
  ['looks at a bounded number of rows', chosen, CHOSEN],
])('a page %s', (_, reads, bound) => {
  describe.each(reads)('of %s', (_name, read) => {
    it.each([false, true])('backward: %s', async (isBackward) => {
      let from: ListPage['from'];
      for (let page = 0; page < 3; page++) {
        work = { rows: 0, blocks: 0 };
        const listed = await read({ isBackward, from, max: PAGE });
        expect(work.rows).toBeLessThanOrEqual(bound);
        expect(work.blocks).toBeLessThanOrEqual(bound * BLOCKS);
        from = listed?.end;
        if (from === undefined) return;
      }
    });
  });
});

/** The labels of a whole list, page by page. */
async function all(read: Read, isBackward: boolean): Promise<string[]> {
  const names: string[] = [];
  for (let from: ListPage['from'], page = 0; page < 100; page++) {
    const listed = await read({ isBackward, from, max: PAGE });
    if (listed === undefined) throw new Error('nothing is listed');
    names.push(...listed.objects.map(({ key }) => JSON.stringify(key)));
    from = listed.end;
    if (from === undefined) return names;
  }
  throw new Error('no end');
}

it.each<[string, Read, string]>([
  ['by name', named({ begin: 'd59' }), `SELECT count(*) FROM sppp.destination_group WHERE starts_with(name, 'D59')`],
  [
    'by registrant',
    named({ sort: 'registrant', begin: 'd59' }),
    `SELECT count(*) FROM sppp.destination_group WHERE starts_with(name, 'D59')`,
  ],
  [
    'of two registrants',
    named({ rants: [SMALL, LARGE], begin: 'd59' }),
    `SELECT count(*) FROM sppp.destination_group WHERE starts_with(name, 'D59')`,
  ],
  ['out of service', named({ type: 'SedGrp', isInSvc: false }), 'SELECT 3'],
  [
    'of a group',
    pubIds({ destGrp: 'd1' }),
    `SELECT count(*) FROM sppp.destination_group_member m
     JOIN sppp.destination_group g ON g.id = m.destination_group_id WHERE g.name = 'D1'`,
  ],
  ['of a registrant', pubIds({ rants: [SMALL] }), `SELECT ${ROWS / 1000}`],
  [
    'shared',
    named({ type: 'SedRec', peers: [PEER] }),
    `SELECT count(*) FROM sppp.sed_group_offer WHERE offered_to_id = ${PEER}`,
  ],
  ['offers', offers({ visibleTo: [PEER] }), `SELECT count(*) FROM sppp.sed_group_offer WHERE offered_to_id = ${PEER}`],
])('all pages of a list have each of its objects once, in one order: %s', async (_, read, count) => {
  const forward = await all(read, false);
  expect(new Set(forward).size).toBe(forward.length);
  expect(forward.length).toBe(Number(await registry.value(count)));
  expect((await all(read, true)).reverse()).toEqual(forward);
});

it('numbers of a registrant by number are not listed where a page would have to stand among those of others', async () => {
  expect(await pubIds({ rants: [SMALL], isSecret: true })({ isBackward: false, from: undefined, max: PAGE })).toBe(
    undefined,
  );
});
