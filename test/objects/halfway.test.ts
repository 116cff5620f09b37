/**
 * A request that deletes an object and adds it again is never seen halfway: a request that waited for it finds the object, as
 * at every moment that was committed.
 */

import type { PoolClient } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addGrant } from '../../src/registry/access/administration.js';
import { b, ref, sedGrp, uriRec } from '../support/carrier.js';
import {
  addRequest,
  delRequest,
  destGrp,
  numberKey,
  obj,
  objKey,
  type ReadAnswer,
  readAnswer,
  tn,
} from '../support/message.js';
import {
  acceptRequest,
  as,
  batchRequest,
  egrRte,
  ingress,
  offer,
  offerKey,
  offerObjKey,
  rejectRequest,
} from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
let holder: PoolClient;
let isHeld = false;

beforeAll(async () => {
  server = await startServer();
  await addGrant(server.deps.database.prisma, 'iana-en:223', 'iana-en:225');
});
afterAll(() => server.close());

const record = obj('URIType', uriRec('REC'));
const otherRecord = obj('NSType', b('sedName', 'rec') + b('isInSvc', 'true') + b('hostName', 'ns.example.com'));
const group = obj('SedGrpType', sedGrp('GRP', ref('REC', 1) + b('dgName', 'ONE')));
const route = (name: string, group: string) =>
  egrRte(name, ingress(group), { rant: 'iana-en:222', rar: 'iana-en:223' });
const number = tn('12025550001', ['ONE']);
const myOffer = offer('GRP', 'iana-en:225');

beforeEach(async () => {
  expect(
    await post(addRequest(destGrp('HELD'), destGrp('ONE'), record, group, myOffer, route('ROUTE', 'GRP'), number)),
  ).toBe(1000);
  holder = await server.deps.database.pool.connect();
  await holder.query(`BEGIN; SELECT FROM sppp.destination_group WHERE name_key = 'held' FOR UPDATE`);
  isHeld = true;
});
afterEach(() => letGo());

async function letGo(): Promise<void> {
  if (!isHeld) return;
  isHeld = false;
  await holder.query('ROLLBACK');
  holder.release();
}

async function post(xml: string): Promise<number> {
  const answer: ReadAnswer = readAnswer((await server.post(xml)).text);
  return answer.details.find(({ code }) => code !== 1000)?.code ?? answer.code;
}

/** Waits until so many connections wait for a lock. */
async function untilWaiting(count: number): Promise<void> {
  const rows = () =>
    server.sql(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`);
  await expect.poll(async () => (await rows()).length, { timeout: 10_000 }).toBe(count);
}

/** A request that waits in its last item, which is of another kind, so that it is carried out last. */
async function begin(...elements: string[]): Promise<{ code: Promise<number> }> {
  const last = elements.some((each) => each.includes('PubIdKeyType'))
    ? obj('SedGrpType', sedGrp('GRP_LAST', b('dgName', 'HELD')))
    : tn('19995550001', ['HELD']);
  const code = post(batchRequest(...elements, as('addObj', last)));
  await untilWaiting(1);
  return { code };
}

/** The same deletion and addition again. */
function again(key: string, object: string): string[] {
  return [as('delObj', key), as('addObj', object)];
}

const recordKey = objKey('SedRec', 'Rec');
const groupKey = objKey('SedGrp', 'Grp');
const theirOffer = offerObjKey('GRP', 'iana-en:225');
const numbers = Array.from({ length: 40 }, (_, index) => tn(`120266600${String(index).padStart(2, '0')}`, ['one']));

const cases: readonly (readonly [what: string, first: readonly string[], second: string])[] = [
  [
    'a group that refers to a record',
    again(recordKey, otherRecord),
    addRequest(obj('SedGrpType', sedGrp('GRP_2', ref('REC', 1)))),
  ],
  [
    'a number that refers to a record',
    again(recordKey, otherRecord),
    addRequest(obj('TNType', b('tn', '1') + ref('REC', 1))),
  ],
  ['the deletion of a record', again(recordKey, otherRecord), delRequest(recordKey)],
  ['a number in a destination group', again(objKey('DestGrp', 'ONE'), destGrp('One')), addRequest(tn('2', ['one']))],
  ['many numbers in a destination group', again(objKey('DestGrp', 'ONE'), destGrp('One')), addRequest(...numbers)],
  [
    'an SED group for a destination group',
    again(objKey('DestGrp', 'ONE'), destGrp('One')),
    addRequest(obj('SedGrpType', sedGrp('GRP_2', b('dgName', 'ONE')))),
  ],
  [
    'the deletion of a destination group',
    again(objKey('DestGrp', 'ONE'), destGrp('One')),
    delRequest(objKey('DestGrp', 'ONE')),
  ],
  ['an offer of a group', again(groupKey, group), addRequest(offer('GRP', 'iana-en:111'))],
  ['a route with a group', again(groupKey, group), addRequest(route('ROUTE_2', 'GRP'))],
  ['the deletion of a group', again(groupKey, group), delRequest(groupKey)],
  [
    'the deletion of a route',
    again(objKey('EgrRte', 'ROUTE'), route('ROUTE', 'GRP')),
    delRequest(objKey('EgrRte', 'ROUTE')),
  ],
  [
    'the deletion of a number',
    again(numberKey('TN', '12025550001'), number),
    delRequest(numberKey('TN', '12025550001')),
  ],
  [
    'the deletion of numbers',
    again(numberKey('TN', '12025550001'), number),
    batchRequest(
      as('delObj', numberKey('TN', '12025550001')),
      as('addObj', number),
      as('delObj', numberKey('TN', '12025550001')),
    ),
  ],
  ['the acceptance of an offer', again(theirOffer, myOffer), acceptRequest(offerKey('GRP', 'iana-en:225'))],
  ['the rejection of an offer', again(theirOffer, myOffer), rejectRequest(offerKey('GRP', 'iana-en:225'))],
  ['the deletion of an offer', again(theirOffer, myOffer), delRequest(theirOffer)],
  [
    'the acceptance of an offer of a group',
    [...again(groupKey, group), as('addObj', myOffer)],
    acceptRequest(offerKey('GRP', 'iana-en:225')),
  ],
];

describe('an object that is deleted and added again at the same time', () => {
  it.each(cases)('exists for %s', async (_, first, second) => {
    const { code } = await begin(...first);
    const pendingAnswer = post(second);
    await untilWaiting(2);
    await letGo();
    expect(await code).toBe(1000);
    expect(await pendingAnswer).toBe(1000);
  });

  it('and deleted again by a third request, does not exist', async () => {
    const { code } = await begin(as('delObj', recordKey));
    const pendingAnswer = post(addRequest(obj('SedGrpType', sedGrp('GRP_2', ref('REC', 1)))));
    await untilWaiting(2);
    await letGo();
    expect(await code).toBe(1000);
    expect(await pendingAnswer).toBe(2102);
  });
});

it('no object was modified before it was created, whatever the order of commits', async () => {
  const made = 'SELECT FROM sppp.sed_group_offer WHERE accept_date_time < offer_date_time';
  const tables = [
    'destination_group',
    'sed_record',
    'sed_group',
    'sed_group_offer',
    'egress_route',
    'public_identifier',
  ];
  const late = [
    destGrp('LATE'),
    obj('URIType', uriRec('LATE_REC')),
    obj('SedGrpType', sedGrp('LATE_GRP', ref('LATE_REC', 1) + b('dgName', 'LATE'))),
    offer('LATE_GRP', 'iana-en:225'),
    route('LATE_ROUTE', 'LATE_GRP'),
    tn('13035550001', ['LATE']),
    ...Array.from({ length: 40 }, (_, index) => tn(`130466600${String(index).padStart(2, '0')}`, ['LATE'])),
  ];
  // It was received first, and comes to these objects when they have been there for a while.
  const first = post(
    batchRequest(
      as('addObj', tn('19995550001', ['HELD'])),
      ...late.map((each) => as('addObj', each)),
      as('acceptSedGrpOffer', offerKey('LATE_GRP', 'iana-en:225')),
      as('delObj', objKey('DestGrp', 'LATE_TOO')),
    ),
  );
  await untilWaiting(1);
  expect(await post(addRequest(...late, destGrp('LATE_TOO'), tn('13035550002', ['LATE_TOO'])))).toBe(1000);
  await letGo();
  expect(await first).toBe(1000);
  for (const table of tables) {
    expect(await server.sql(`SELECT FROM sppp.${table} WHERE m_date < c_date`), table).toEqual([]);
    expect(await server.sql(`SELECT FROM sppp.${table} WHERE m_date IS NOT NULL`), table).not.toEqual([]);
  }
  expect(await server.sql(made)).toEqual([]);
});
