import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  allTexts,
  b,
  type Carrier,
  carrier,
  expectDone,
  expectRefused,
  rangeKey,
  ref,
  sedGrp,
  uriKey,
  uriRec,
} from '../support/carrier.js';
import { addRequest, destGrp, numberKey, obj, objKey, readAnswer, textAt, tn } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
let ssp2: Carrier;

beforeAll(async () => {
  server = await startServer();
  ssp2 = carrier(server);
});
afterAll(() => server.close());

const count = async (table: string) =>
  (await server.sql<{ n: number }>(`SELECT count(*)::int AS n FROM sppp.${table}`))[0]?.n;

describe('references within one request', () => {
  it('may be to earlier objects, of any kind', async () => {
    expectDone(
      await ssp2.add(
        destGrp('DG_1'),
        tn('16005550001', ['DG_1']),
        destGrp('DG_2'),
        obj('URIType', uriRec('REC_1')),
        obj('SedGrpType', sedGrp('GRP_1', ref('REC_1', 1) + b('dgName', 'DG_2'))),
        obj('TNType', b('dgName', 'DG_2') + b('dgName', 'DG_1') + b('tn', '16005550002') + ref('REC_1', 1)),
      ),
    );
    expect(allTexts(await ssp2.read(numberKey('TN', '16005550002')), 'dgName')).toEqual(['DG_2', 'DG_1']);
  });

  it('may not be to later objects, and nothing of the request stays', async () => {
    expectRefused(
      await ssp2.add(destGrp('DG_3'), tn('16005550003', ['DG_4']), destGrp('DG_4')),
      2102,
      'dgName',
      'DG_4',
    );
    const { resultObjs } = await ssp2.get(objKey('DestGrp', 'DG_3'), objKey('DestGrp', 'DG_4'));
    expect(resultObjs).toEqual([]);
    const backwards = [obj('SedGrpType', sedGrp('GRP_2', ref('REC_2', 1))), obj('URIType', uriRec('REC_2'))];
    expectRefused(await ssp2.add(...backwards), 2102, 'name', 'REC_2');
    expectDone(await ssp2.add(...backwards.reverse()));
  });
});

describe('the same object several times in one request', () => {
  it('has its last values, for any kind', async () => {
    expectDone(
      await ssp2.add(
        destGrp('Same_DG'),
        tn('16015550001', ['Same_DG']),
        destGrp('SAME_dg'),
        tn('+16015550001'),
        tn('16015550001', ['same_dg']),
        tn('+16015550001', ['same_dg']),
        obj('URIType', uriRec('Same_Rec', 'sip:first@example.com')),
        obj('NSType', b('sedName', 'same_rec') + b('isInSvc', false) + b('hostName', 'ns.example.com')),
        obj('SedGrpType', sedGrp('GRP_S', ref('SAME_REC', 1) + b('dgName', 'Same_DG'), 1)),
        obj('SedGrpType', sedGrp('grp_s', ref('SAME_REC', 2), 2)),
      ),
    );
    const { resultObjs } = await ssp2.get(
      objKey('DestGrp', 'same_dg'),
      numberKey('TN', '16015550001'),
      objKey('SedRec', 'same_rec'),
      objKey('SedGrp', 'grp_s'),
    );
    const [group, number, record, sedGroup] = resultObjs;
    expect(textAt(group, 'dgName')).toBe('SAME_dg');
    expect([textAt(number, 'tn'), textAt(number, 'dgName')]).toEqual(['+16015550001', 'SAME_dg']);
    expect([record?.type, textAt(record, 'sedName')]).toEqual(['NSType', 'same_rec']);
    expect([textAt(sedGroup, 'sedGrpName'), textAt(sedGroup, 'priority')]).toEqual(['grp_s', '2']);
    expect([textAt(sedGroup, 'dgName'), textAt(sedGroup, 'sedRecRef', 'priority')]).toEqual([undefined, '2']);
  });
});

describe('Get', () => {
  it('returns objects in the order of their keys, each once, and omits missing ones', async () => {
    expectDone(
      await ssp2.add(
        destGrp('DG_G1'),
        destGrp('DG_G2'),
        tn('16025550001'),
        tn('16025550002'),
        obj('URIPubIdType', b('uri', 'sip:g@example.com')),
      ),
    );
    const answer = await ssp2.get(
      numberKey('TN', '16025550002'),
      objKey('DestGrp', 'DG_G2'),
      objKey('DestGrp', 'DG_NONE'),
      uriKey('sip:g@example.com'),
      numberKey('TN', '+16025550001'),
      objKey('DestGrp', 'dg_g2'),
      rangeKey('16020', '16029'),
      objKey('DestGrp', 'DG_G1'),
      numberKey('TN', '+16025550002'),
    );
    expectDone(answer);
    const named = answer.resultObjs.map(
      (found) => textAt(found, 'tn') ?? textAt(found, 'dgName') ?? textAt(found, 'uri'),
    );
    expect(named).toEqual(['16025550002', 'DG_G2', 'sip:g@example.com', '16025550001', 'DG_G1']);
  });

  it('of missing objects succeeds and is empty (RFC 7878 §7.2.8)', async () => {
    const answer = await ssp2.get(objKey('SedRec', 'NOWHERE'), objKey('SedGrp', 'NOWHERE'));
    expectDone(answer);
    expect(answer.resultObjs).toEqual([]);
  });
});

describe('a bulk request', () => {
  const numbers = Array.from({ length: 10_000 }, (_, index) => `1700${String(index).padStart(7, '0')}`);

  it('of 10,000 numbers with one invalid number, the last but one, leaves nothing and names exactly that one', async () => {
    expectDone(await ssp2.add(destGrp('DG_BULK')));
    const before = await count('public_identifier');
    const objs = numbers.map((number, index) => tn(index === 9_998 ? `${number}x` : number, ['DG_BULK']));
    const answer = await ssp2.add(...objs);
    expectRefused(answer, 2101, 'tn', `${numbers[9_998]}x`);
    expect(textAt(answer.details[0]?.subject, 'dgName')).toBe('DG_BULK');
    expect(await count('public_identifier')).toBe(before);
    const [row] = await server.sql(
      'SELECT code, objects, failed FROM sppp_api.transaction WHERE server_trans_id = $1',
      [answer.serverTransId],
    );
    expect(row).toEqual({ code: 2100, objects: 10_000, failed: 1 });
  });

  it('with a reference to a missing object at the same position leaves nothing either', async () => {
    const before = [await count('public_identifier'), await count('destination_group_member')];
    const objs = numbers.map((number, index) => tn(number, [index === 9_998 ? 'DG_NONE' : 'DG_BULK']));
    expectRefused(await ssp2.add(...objs), 2102, 'dgName', 'DG_NONE');
    expect([await count('public_identifier'), await count('destination_group_member')]).toEqual(before);
  });

  it('with a structural fault is refused as a whole, even if an object failed before', async () => {
    const objs = [tn('bad'), ...numbers.slice(0, 5_000).map((number) => tn(number)), '<obj/>'];
    const answer = readAnswer((await server.post(addRequest(...objs))).text);
    expect([answer.code, answer.details]).toEqual([2000, []]);
    const [row] = await server.sql('SELECT code FROM sppp_api.transaction WHERE server_trans_id = $1', [
      answer.serverTransId,
    ]);
    expect(row).toEqual({ code: 2000 });
  });

  it('of 10,000 numbers is added, replaced, read and deleted as one', async () => {
    const before = await count('public_identifier');
    const shuffled = numbers.map((number, index) => numbers[(index * 7_919) % 10_000] ?? number);
    expectDone(await ssp2.add(...shuffled.map((number) => tn(number, ['DG_BULK']))));
    expectDone(await ssp2.add(...numbers.map((number) => tn(`+${number}`))));
    const some = shuffled.filter((_, index) => index % 5 === 0);
    const { resultObjs } = await ssp2.get(...some.map((number) => numberKey('TN', number)));
    expect(resultObjs.map((found) => textAt(found, 'tn'))).toEqual(some.map((number) => `+${number}`));
    expect(resultObjs.filter((found) => textAt(found, 'dgName') !== undefined)).toEqual([]);
    expectDone(await ssp2.del(...shuffled.map((number) => numberKey('TN', number))));
    expect(await count('public_identifier')).toBe(before);
  });
});
