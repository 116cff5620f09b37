import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  allTexts,
  b,
  type Carrier,
  carrier,
  expectDone,
  expectRefused,
  range,
  rangeKey,
  ref,
  sedGrp,
  TestClock,
  uriKey,
  uriRec,
} from '../support/carrier.js';
import { destGrp, numberKey, obj, objKey, textAt, tn } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';

const clock = new TestClock();
let server: TestServer;
let ssp2: Carrier;

beforeAll(async () => {
  server = await startServer({ clock: clock.read });
  ssp2 = carrier(server);
});
afterAll(() => server.close());

describe('a missing object', () => {
  it.each<[kind: string, key: string, attrName: string, attrVal: string]>([
    ['a destination group', objKey('DestGrp', 'TestDG'), 'name', 'TestDG'],
    ['an SED record', objKey('SedRec', 'TestRec'), 'name', 'TestRec'],
    ['an SED group', objKey('SedGrp', 'TestGrp'), 'name', 'TestGrp'],
    ['a number', numberKey('TN', '+15005550001'), 'value', '+15005550001'],
    ['a prefix', numberKey('TNPrefix', '1500'), 'value', '1500'],
    ['a routing number', numberKey('RN', '1500'), 'value', '1500'],
    ['a range', rangeKey('+15000', '15009'), 'range', '+15000-15009'],
    ['a URI', uriKey('sip:nobody@example.com'), 'uri', 'sip:nobody@example.com'],
  ])('%s cannot be deleted, and Get omits it', async (_kind, key, attrName, attrVal) => {
    const answer = await ssp2.del(key);
    expectRefused(answer, 2102, attrName, attrVal);
    expect(answer.details[0]?.subject.name).toBe('objKey');
    const got = await ssp2.get(key);
    expectDone(got);
    expect(got.resultObjs).toEqual([]);
  });

  it('undoes the deletions before it in the same request, and the answer lists none after it', async () => {
    expectDone(await ssp2.add(destGrp('DG_D1'), destGrp('DG_D2')));
    const keys = [objKey('DestGrp', 'DG_D1'), objKey('DestGrp', 'DG_NONE'), objKey('DestGrp', 'DG_NIL')];
    expectRefused(await ssp2.del(...keys), 2102, 'name', 'DG_NONE');
    const across = [objKey('DestGrp', 'DG_D1'), numberKey('TN', '1'), objKey('DestGrp', 'DG_D2')];
    expectRefused(await ssp2.del(...across), 2102, 'value', '1');
    const { resultObjs } = await ssp2.get(objKey('DestGrp', 'DG_D1'), objKey('DestGrp', 'DG_D2'));
    expect(resultObjs).toHaveLength(2);
  });

  it('is also one that the same request has deleted already', async () => {
    expectDone(await ssp2.add(destGrp('DG_D3')));
    expectRefused(await ssp2.del(objKey('DestGrp', 'DG_D3'), objKey('DestGrp', 'dg_d3')), 2102, 'name', 'dg_d3');
    expect((await ssp2.get(objKey('DestGrp', 'DG_D3'))).resultObjs).toHaveLength(1);
  });

  it('of one kind is not replaced by another kind with the same name or number', async () => {
    expectDone(await ssp2.add(destGrp('15015550001'), tn('15015550001')));
    const absent = [numberKey('RN', '15015550001'), numberKey('TNPrefix', '15015550001')];
    for (const key of absent) expectRefused(await ssp2.del(key), 2102, 'value', '15015550001');
    expectRefused(await ssp2.del(objKey('SedGrp', '15015550001')), 2102, 'name', '15015550001');
    expectDone(await ssp2.del(objKey('DestGrp', '15015550001')));
    expectDone(await ssp2.del(numberKey('TN', '15015550001')));
  });
});

describe('references never block a deletion: they are deleted with it, and only objects that lost one are modified', () => {
  const numbers: [string, string][] = [
    [numberKey('TN', '15105550001'), 'TN in both groups, with both records'],
    [numberKey('TN', '15105550002'), 'TN in the other group, with the other record'],
    [rangeKey('15110', '15119'), 'range'],
    [numberKey('TNPrefix', '1512'), 'prefix'],
    [numberKey('RN', '1513'), 'routing number'],
    [uriKey('sip:d@example.com'), 'URI'],
    [objKey('SedGrp', 'GRP_A'), 'SED group with both'],
    [objKey('SedGrp', 'GRP_B'), 'SED group with the other'],
    [objKey('DestGrp', 'DG_A'), 'group A'],
    [objKey('DestGrp', 'DG_B'), 'group B'],
    [objKey('SedRec', 'REC_A'), 'record A'],
    [objKey('SedRec', 'REC_B'), 'record B'],
  ];
  const a = b('dgName', 'DG_A');
  const both = a + b('dgName', 'DG_B');
  let changed: string;

  beforeEach(async () => {
    for (const [key] of numbers) await ssp2.del(key);
    clock.tick();
    expectDone(
      await ssp2.add(
        destGrp('DG_A'),
        destGrp('DG_B'),
        obj('URIType', uriRec('REC_A')),
        obj('URIType', uriRec('REC_B')),
        obj('TNType', both + b('tn', '15105550001') + ref('REC_A', 1) + ref('REC_B', 2)),
        obj('TNType', b('dgName', 'DG_B') + b('tn', '15105550002') + ref('REC_B', 1)),
        obj('TNRType', a + range('15110', '15119')),
        obj('TNPType', a + b('tnPrefix', '1512')),
        obj('RNType', a + b('rn', '1513')),
        obj('URIPubIdType', a + b('uri', 'sip:d@example.com')),
        obj('SedGrpType', sedGrp('GRP_A', ref('REC_A', 1) + ref('REC_B', 2) + both)),
        obj('SedGrpType', sedGrp('GRP_B', ref('REC_B', 2) + b('dgName', 'DG_B'))),
      ),
    );
    changed = clock.tick();
  });

  async function marked(): Promise<string[]> {
    const marks: string[] = [];
    for (const [key, what] of numbers) {
      const [found] = (await ssp2.get(key)).resultObjs;
      const mDate = textAt(found, 'mDate');
      if (found === undefined) marks.push(`${what}: gone`);
      else if (mDate !== undefined) marks.push(`${what}: ${mDate === changed ? 'changed' : mDate}`);
    }
    return marks;
  }

  it('of a destination group: its identifiers and SED groups stay without it', async () => {
    expectDone(await ssp2.del(objKey('DestGrp', 'dg_a')));
    expect(await marked()).toEqual([
      'TN in both groups, with both records: changed',
      'range: changed',
      'prefix: changed',
      'routing number: changed',
      'URI: changed',
      'SED group with both: changed',
      'group A: gone',
    ]);
    expect(allTexts(await ssp2.read(numberKey('TN', '15105550001')), 'dgName')).toEqual(['DG_B']);
    expect(allTexts(await ssp2.read(uriKey('sip:d@example.com')), 'dgName')).toEqual([]);
    expect(allTexts(await ssp2.read(objKey('SedGrp', 'GRP_A')), 'dgName')).toEqual(['DG_B']);
    expect(allTexts(await ssp2.read(objKey('SedGrp', 'GRP_B')), 'dgName')).toEqual(['DG_B']);
  });

  it('of an SED record: numbers and SED groups stay without it', async () => {
    expectDone(await ssp2.del(objKey('SedRec', 'REC_A')));
    expect(await marked()).toEqual([
      'TN in both groups, with both records: changed',
      'SED group with both: changed',
      'record A: gone',
    ]);
    for (const key of [numberKey('TN', '15105550001'), objKey('SedGrp', 'GRP_A')]) {
      const refs = (await ssp2.read(key)).children.filter(({ name }) => name === 'sedRecRef');
      expect(refs.map((one) => textAt(one, 'sedKey', 'name'))).toEqual(['REC_B']);
    }
  });

  it('of an SED group: the objects that it named stay unchanged', async () => {
    expectDone(await ssp2.del(objKey('SedGrp', 'GRP_A')));
    expect(await marked()).toEqual(['SED group with both: gone']);
  });

  it('of a number: its groups and records stay unchanged', async () => {
    expectDone(await ssp2.del(numberKey('TN', '15105550001'), rangeKey('15110', '15119'), uriKey('sip:d@example.com')));
    expect(await marked()).toEqual(['TN in both groups, with both records: gone', 'range: gone', 'URI: gone']);
  });

  it('of several kinds in one request', async () => {
    expectDone(
      await ssp2.del(
        objKey('SedRec', 'REC_B'),
        objKey('DestGrp', 'DG_B'),
        objKey('DestGrp', 'DG_A'),
        numberKey('RN', '1513'),
        objKey('SedRec', 'REC_A'),
      ),
    );
    expect(await marked()).toEqual([
      'TN in both groups, with both records: changed',
      'TN in the other group, with the other record: changed',
      'range: changed',
      'prefix: changed',
      'routing number: gone',
      'URI: changed',
      'SED group with both: changed',
      'SED group with the other: changed',
      'group A: gone',
      'group B: gone',
      'record A: gone',
      'record B: gone',
    ]);
    expect(await leftovers()).toEqual({});
  });

  it('a new object under the same name does not have the old references', async () => {
    expectDone(await ssp2.del(objKey('DestGrp', 'DG_A')));
    const again = clock.tick();
    expectDone(await ssp2.add(destGrp('DG_A')));
    const got = await ssp2.read(objKey('DestGrp', 'DG_A'));
    expect([textAt(got, 'cDate'), textAt(got, 'mDate')]).toEqual([again, undefined]);
    expect(allTexts(await ssp2.read(numberKey('RN', '1513')), 'dgName')).toEqual([]);
  });
});

/** Rows of references that lost one of their ends, by table. */
async function leftovers(): Promise<Record<string, number>> {
  const pairs: [table: string, column: string, parent: string][] = [
    ['destination_group_member', 'destination_group_id', 'destination_group'],
    ['destination_group_member', 'public_identifier_id', 'public_identifier'],
    ['public_identifier_sed_record', 'sed_record_id', 'sed_record'],
    ['public_identifier_sed_record', 'public_identifier_id', 'public_identifier'],
    ['sed_group_dest_grp', 'destination_group_id', 'destination_group'],
    ['sed_group_sed_record', 'sed_record_id', 'sed_record'],
  ];
  const counts: Record<string, number> = {};
  for (const [table, column, parent] of pairs) {
    const [row] = await server.sql<{ n: number }>(
      `SELECT count(*)::int AS n FROM sppp.${table} WHERE ${column} NOT IN (SELECT id FROM sppp.${parent})`,
    );
    if (row?.n !== 0) counts[`${table}.${column}`] = row?.n ?? -1;
  }
  return counts;
}
