/** The number of waits for the database and of statements of a request; no connection parses a statement twice. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectDone, ref, sedGrp, uriRec } from '../support/carrier.js';
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
import { as, batchRequest, egrRte, getOffersRequest, offer, offerObjKey, party } from '../support/peering.js';
import { createRecordedDatabase, type Exchange, type RecordedDatabase } from '../support/recorded-database.js';
import type { UserName } from '../support/server.js';
import { startServer, type TestServer } from '../support/server.js';
import { dgName, share } from '../support/sharing.js';

const NUMBERS = 1200;

let database: RecordedDatabase;
let server: TestServer;

beforeAll(async () => {
  database = await createRecordedDatabase();
  server = await startServer({ database });
  const owner = party(server, 'ssp2r');
  const numbers = Array.from({ length: NUMBERS }, (_, n) => tn(numberAt(n), ['DG_EAST']));
  expectDone(await owner.add(destGrp('DG_EAST'), ...numbers, obj('URIType', uriRec('REC_EAST'))));
  expectDone(await owner.add(obj('SedGrpType', sedGrp('SG_EAST', ref('REC_EAST', 10) + dgName('DG_EAST')))));
  expectDone(await owner.add(offer('SG_EAST', 'iana-en:225')));
  await share(owner, 'SG_EAST', party(server, 'ssp1'), 'iana-en:111');
  expectDone(await party(server, 'ssp1').add(egrRte('RTE_EAST')));
}, 120_000);
afterAll(() => server.close());

function numberAt(n: number): string {
  return String(12_025_550_000 + n);
}

function numberKeys(count: number): string[] {
  return Array.from({ length: count }, (_, n) => numberKey('TN', numberAt(n)));
}

/**
 * What a request asks for, exchange by exchange. It is made often enough that the connection knows its statements, and that
 * the server's background jobs, which run beside it, are not counted.
 */
async function askedBy(xml: (n: number) => string, as: UserName = 'ssp2r'): Promise<Exchange[]> {
  const asked: Exchange[][] = [];
  for (let n = 0; n < 4; n++) {
    const connections = await database.during(async () => {
      const { text } = await server.post(xml(n), { as });
      expect(readAnswer(text).code).toBe(1000);
    });
    asked.push(ownOf(connections));
  }
  const weight = (exchanges: Exchange[]) => exchanges.flatMap(({ statements, parsed }) => [...statements, ...parsed]);
  return asked.reduce((least, each) => (weight(each).length < weight(least).length ? each : least));
}

/** What was asked for a request, on its connection. What the node asks there by itself is left out. */
function ownOf(connections: readonly (readonly Exchange[])[]): Exchange[] {
  const own = connections.filter((exchanges) => exchanges.some(({ statements }) => statements.some(isOfJournal)));
  expect(own).toHaveLength(1);
  return own.flat().filter(({ statements }) => !statements.some((statement) => OF_NODE.test(statement)));
}

const OF_NODE = /publish events|record_log_position|_prisma_migrations|_sppp_least_server/;

function isOfJournal(statement: string): boolean {
  return statement === 'record a request' || statement === 'write journal rows';
}

const record = 'record a request';

it.each<[string, (n: number) => string, string[][], UserName?]>([
  ['Get of a number', () => getRequest(...numberKeys(1)), [['get public identifiers', record]]],
  ['Get of a number that is not there', () => getRequest(numberKey('TN', '1')), [['get public identifiers', record]]],
  ['Get of 64 numbers', () => getRequest(...numberKeys(64)), [['get public identifiers', record]]],
  ['Get of a destination group', () => getRequest(objKey('DestGrp', 'DG_EAST')), [['get destination groups', record]]],
  ['Get of an SED record', () => getRequest(objKey('SedRec', 'REC_EAST')), [['get SED records', record]]],
  ['Get of an SED group', () => getRequest(objKey('SedGrp', 'SG_EAST')), [['get SED groups', record]]],
  ['Get of an offer', () => getRequest(offerObjKey('SG_EAST', 'iana-en:111')), [['get offers', record]]],
  [
    'Get of an egress route',
    () => getRequest(objKey('EgrRte', 'RTE_EAST', 'iana-en:111')),
    [['get egress routes', record]],
    'ssp1',
  ],
  [
    'Get of two nouns',
    () => getRequest(objKey('DestGrp', 'DG_EAST'), ...numberKeys(1)),
    [['BEGIN READING', 'get destination groups', 'get public identifiers', 'COMMIT', record]],
  ],
  ['Get of what a peer shares', () => getRequest(objKey('SedGrp', 'SG_EAST')), [['get SED groups'], [record]], 'ssp1'],
  ['Get of 1,000 numbers', () => getRequest(...numberKeys(1000)), [['get public identifiers'], [record]]],
  [
    'Get of more than one read has',
    () => getRequest(...numberKeys(NUMBERS)),
    [
      ['BEGIN READING', 'get public identifiers'],
      ...[['get public identifiers'], ['get public identifiers']],
      ['COMMIT', record],
    ],
  ],
])('%s', async (_, xml, expected, as) => {
  const asked = await askedBy(xml, as);
  expect(asked.map(({ statements }) => statements)).toEqual(expected);
  expect(asked.flatMap(({ parsed }) => parsed)).toEqual([]);
});

it('Get SED Group Offers: two waits, and only the search is parsed each time', async () => {
  const asked = await askedBy(() => getOffersRequest('<offeredTo>iana-en:111</offeredTo>'));
  expect(asked.map(({ statements }) => statements)).toEqual([
    ['BEGIN READING', expect.stringContaining('FROM sppp.sed_group_offer')],
    ['COMMIT', record],
  ]);
  expect(asked.flatMap(({ parsed }) => parsed)).toEqual([expect.stringContaining('FROM sppp.sed_group_offer')]);
});

it.each<[string, (n: number) => string, number]>([
  ['Add of a new number', (n) => addRequest(tn(String(13_035_550_000 + n), ['DG_EAST'])), 2],
  ['Add of a number that is there', () => addRequest(tn(numberAt(0), ['DG_EAST'])), 2],
  ['Add of a destination group', (n) => addRequest(destGrp(`DG_NEW_${n}`)), 2],
])('%s', async (_, xml, waits) => {
  const asked = await askedBy(xml);
  expect(asked.length).toBeLessThanOrEqual(waits);
  expect(asked.flatMap(({ parsed }) => parsed)).toEqual([]);
  const journal = asked.flatMap(({ statements }) => statements.filter((each) => each.includes('journal')));
  expect(journal, 'its row is written once').toEqual(['open journal rows', 'write journal rows']);
});

/** How often a request waits for the database. */
async function waitsOf(xml: string): Promise<number> {
  const connections = await database.during(async () => {
    expect(readAnswer((await server.post(xml)).text).code).toBe(1000);
  });
  return ownOf(connections).length;
}

const MANY = 10_000;
const many = Array.from({ length: MANY }, (_, n) => String(14_045_550_000 + n));

/** Units of 20 items: an object of every other kind, 11 numbers to be added, and 5 to be deleted. */
function mixedUnits(added: readonly string[], deleted: readonly string[]): string[] {
  return Array.from({ length: MANY / 20 }, (_, unit) => {
    const name = `UNIT_${unit}`;
    return [
      destGrp(name),
      obj('URIType', uriRec(name)),
      obj('SedGrpType', sedGrp(name, ref(name, 10) + dgName(name))),
      offer(name, 'iana-en:225'),
      ...added.slice(unit * 11, (unit + 1) * 11).map((number) => tn(number, [name])),
    ]
      .map((each) => as('addObj', each))
      .concat(deleted.slice(unit * 5, (unit + 1) * 5).map((number) => as('delObj', numberKey('TN', number))));
  }).flat();
}

// 10,000 items of one kind are four runs: of 1,024, 2,048, 4,096 and the rest. The bounds are what comes of them if little is
// asked for while the database works on something else; mostly it is 7, 12, 19 and 6.
it('10,000 items wait for their runs, and for what comes first and last', async () => {
  const add = () => addRequest(...many.map((number) => tn(number, ['DG_EAST'])));
  expect(await waitsOf(add()), 'Add').toBeLessThanOrEqual(8);
  expect(await waitsOf(add()), 'Add once more').toBeLessThanOrEqual(14);
  const mixed = batchRequest(
    ...mixedUnits(
      many.map((number) => `9${number}`),
      many,
    ),
  );
  expect(await waitsOf(mixed), 'Batch').toBeLessThanOrEqual(22);
  const left = many.slice(MANY / 4);
  expect(await waitsOf(delRequest(...left.map((number) => numberKey('TN', number)))), 'Del').toBeLessThanOrEqual(6);
}, 120_000);

it('no connection parses a statement twice under one name', () => {
  expect(database.parsedAgain).toEqual([]);
});
