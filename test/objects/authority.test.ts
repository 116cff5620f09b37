import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addGrant, addOrganization } from '../../src/registry/access/administration.js';
import {
  b,
  type Carrier,
  carrier,
  expectDone,
  expectRefused,
  expectTold,
  range,
  rangeKey,
  ref,
  sedGrp,
  TestClock,
  uriKey,
  uriRec,
} from '../support/carrier.js';
import { destGrp, getRequest, numberKey, obj, objKey, readAnswer, textAt, tn } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';

const clock = new TestClock();
let server: TestServer;
let ssp1: Carrier;
let ssp2: Carrier;
/** Acts for iana-en:225 and, by a second grant, for SSP2 as well. */
let ssp3: Carrier;
const ofSsp1 = { rant: 'iana-en:111', rar: 'iana-en:111' };
const bySsp3 = { rant: 'iana-en:222', rar: 'iana-en:225' };

beforeAll(async () => {
  server = await startServer({ clock: clock.read });
  await addGrant(server.deps.database.prisma, 'iana-en:225', 'iana-en:222');
  ssp1 = carrier(server, 'ssp1');
  ssp2 = carrier(server);
  ssp3 = carrier(server, 'ssp3');
  expectDone(await ssp2.add(obj('URIType', uriRec('REC_SSP2'))));
});
afterAll(() => server.close());

/** Each type as a registrant's own, with its key. */
const types: [type: string, content: string, key: (rant: string) => string][] = [
  ['DestGrpType', b('dgName', 'DG_A'), (rant) => objKey('DestGrp', 'DG_A', rant)],
  ['TNType', b('tn', '14005550001'), (rant) => numberKey('TN', '14005550001', rant)],
  ['TNRType', range('14010', '14019'), (rant) => rangeKey('14010', '14019', rant)],
  ['TNPType', b('tnPrefix', '1402'), (rant) => numberKey('TNPrefix', '1402', rant)],
  ['RNType', b('rn', '1403'), (rant) => numberKey('RN', '1403', rant)],
  ['URIPubIdType', b('uri', 'sip:a@example.com'), (rant) => uriKey('sip:a@example.com', rant)],
  ['URIType', uriRec('REC_A'), (rant) => objKey('SedRec', 'REC_A', rant)],
  ['SedGrpType', sedGrp('GRP_A'), (rant) => objKey('SedGrp', 'GRP_A', rant)],
];

describe.each(types)('%s', (type, content, key) => {
  it('is added only under the authenticated registrar', async () => {
    const answer = await ssp2.add(obj(type, content, { rant: 'iana-en:222', rar: 'iana-en:225' }));
    expectRefused(answer, 2103, 'rar', 'iana-en:225');
  });

  it('is added, deleted and read only for registrants that the registrar has a grant for', async () => {
    expectRefused(await ssp2.add(obj(type, content, { rant: 'iana-en:111' })), 2103, 'rant', 'iana-en:111');
    expectDone(await ssp1.add(obj(type, content, ofSsp1)));
    expectRefused(await ssp2.add(obj(type, content, { rant: 'iana-en:111' })), 2103, 'rant', 'iana-en:111');
    expectRefused(await ssp2.del(key('iana-en:111')), 2103, 'rant', 'iana-en:111');
    expectTold(await ssp2.get(key('iana-en:111')), 2103, 'rant', 'iana-en:111');
    expect(textAt(await ssp1.read(key('iana-en:111')), 'rant')).toBe('iana-en:111');
  });

  it('may be replaced and deleted by another registrar of the same registrant, which then is its registrar', async () => {
    const created = clock.tick();
    expectDone(await ssp2.add(obj(type, content)));
    clock.tick();
    expectDone(await ssp3.add(obj(type, content, bySsp3)));
    const got = await ssp2.read(key('iana-en:222'));
    expect([textAt(got, 'rar'), textAt(got, 'cDate')]).toEqual(['iana-en:225', created]);
    expectDone(await ssp2.add(obj(type, content)));
    expectDone(await ssp3.del(key('iana-en:222')));
    expectRefused(await ssp2.del(key('iana-en:222')), 2102, ...attr(key('iana-en:222')));
  });
});

function attr(key: string): [name: string, value: string] {
  const start = /<b:startRange>(.*?)<.*<b:endRange>(.*?)</.exec(key);
  if (start !== null) return ['range', `${start[1]}-${start[2]}`];
  const found = /<(?:b:)?(value|name|uri)>(.*?)</.exec(key);
  return [found?.[1] ?? '', found?.[2] ?? ''];
}

describe('objects of others are not disclosed', () => {
  it('by Get: the same answer for an existing object, a missing one, and an unknown organization', async () => {
    expectDone(await ssp1.add(obj('DestGrpType', b('dgName', 'DG_SECRET'), ofSsp1)));
    const refusalOf = async (name: string, rant: string) =>
      (await server.post(getRequest(objKey('DestGrp', name, rant)))).text.replaceAll(rant, 'RANT');
    const there = await refusalOf('DG_SECRET', 'iana-en:111');
    expect(readAnswer(there).code).toBe(2103);
    expect(await refusalOf('DG_NOWHERE', 'iana-en:111')).toBe(there);
    expect(await refusalOf('DG_NOWHERE', 'iana-en:99999')).toBe(there);
    await addOrganization(server.deps.database.prisma, 'iana-en:99999', '');
    expect(await refusalOf('DG_NOWHERE', 'iana-en:99999')).toBe(there);
  });

  it.each([
    ['Delete', (rant: string) => ssp2.del(objKey('DestGrp', 'DG_X', rant))],
    ['Add', (rant: string) => ssp2.add(destGrp('DG_X', { rant }))],
    ['a reference', (rant: string) => ssp2.add(obj('SedGrpType', sedGrp('GRP_X', ref('REC_X', 1, rant))))],
  ])('by %s', async (_verb, ask) => {
    expectDone(
      await ssp1.add(obj('URIType', uriRec('REC_X'), ofSsp1), obj('DestGrpType', b('dgName', 'DG_X'), ofSsp1)),
    );
    const known = await ask('iana-en:111');
    const unknown = await ask('iana-en:88888');
    expectRefused(known, 2103, 'rant', 'iana-en:111');
    expectRefused(unknown, 2103, 'rant', 'iana-en:88888');
    expect(unknown.details[0]?.msg.replace('88888', '111')).toBe(known.details[0]?.msg);
  });

  it('Get does not answer the keys before a foreign one either', async () => {
    const answer = await ssp2.get(objKey('SedRec', 'REC_SSP2'), numberKey('TN', '1', 'iana-en:111'));
    expectTold(answer, 2103, 'rant', 'iana-en:111');
    expect(answer.resultObjs).toEqual([]);
  });
});

describe('a reference to an SED record of another registrant', () => {
  it.each([
    ['an SED group', (record: string) => obj('SedGrpType', sedGrp('GRP_F', record), own225)],
    ['a number', (record: string) => obj('TNType', b('tn', '14045550001') + record, own225)],
  ])('of %s needs a grant for that registrant, and the record', async (_what, referring) => {
    expectDone(await ssp3.add(referring(ref('REC_SSP2', 1, 'iana-en:222'))));
    expectRefused(await ssp3.add(referring(ref('REC_NONE', 1, 'iana-en:222'))), 2102, 'name', 'REC_NONE');
    expectRefused(await ssp3.add(referring(ref('REC_SSP2', 1, 'iana-en:111'))), 2103, 'rant', 'iana-en:111');
    expectRefused(await ssp3.add(referring(ref('REC_SSP2', 1, 'iana-en:225'))), 2102, 'name', 'REC_SSP2');
  });

  it('is returned with that registrant, and is removed with the record', async () => {
    expectDone(await ssp3.add(obj('SedGrpType', sedGrp('GRP_G', ref('REC_SSP2', 1, 'iana-en:222')), own225)));
    const key = objKey('SedGrp', 'GRP_G', 'iana-en:225');
    expect(textAt(await ssp3.read(key), 'sedRecRef', 'sedKey', 'rant')).toBe('iana-en:222');
    expectDone(await ssp2.del(objKey('SedRec', 'REC_SSP2')));
    expect(textAt(await ssp3.read(key), 'sedRecRef')).toBeUndefined();
    expectDone(await ssp2.add(obj('URIType', uriRec('REC_SSP2'))));
    expect(textAt(await ssp3.read(key), 'sedRecRef')).toBeUndefined();
  });
});

const own225 = { rant: 'iana-en:225', rar: 'iana-en:225' };

describe('of several faults in one object the answer names the first in this order', () => {
  it('of an SED group: a value, the registrar, the registrant, then its references in order', async () => {
    expectDone(await ssp2.add(destGrp('DG_LAST')));
    const owner = { rant: 'iana-en:111', rar: 'iana-en:225' };
    const none = ref('REC_NONE', 1);
    const foreign = ref('REC_SSP2', 1, 'iana-en:226');
    const group = (references: string, to: typeof owner, priority = 10) =>
      ssp2.add(obj('SedGrpType', sedGrp('GRP_O', references + b('dgName', 'DG_NONE'), priority), to));
    expectRefused(await group(none + foreign, owner, 70_000), 2101, 'priority', '70000');
    expectRefused(await group(none + foreign, owner), 2103, 'rar', 'iana-en:225');
    owner.rar = 'iana-en:223';
    expectRefused(await group(none + foreign, owner), 2103, 'rant', 'iana-en:111');
    owner.rant = 'iana-en:222';
    expectRefused(await group(none + foreign, owner), 2102, 'name', 'REC_NONE');
    expectRefused(await group(foreign + none, owner), 2103, 'rant', 'iana-en:226');
    expectRefused(await group(ref('REC_SSP2', 1), owner), 2102, 'dgName', 'DG_NONE');
    const references = ref('REC_SSP2', 1) + b('dgName', 'DG_LAST');
    expectDone(await ssp2.add(obj('SedGrpType', sedGrp('GRP_O', references), owner)));
  });

  it('of a number: destination groups before SED records', async () => {
    const number = (...dgNames: string[]) =>
      ssp2.add(
        obj('TNType', dgNames.map((name) => b('dgName', name)).join('') + b('tn', '14055550001') + ref('REC_NONE', 1)),
      );
    expectRefused(await number('DG_LAST', 'DG_NONE', 'DG_NIL'), 2102, 'dgName', 'DG_NONE');
    expectRefused(await number('DG_LAST'), 2102, 'name', 'REC_NONE');
  });

  it('of a key: its values, then the grant, then the existence of the object', async () => {
    expectRefused(await ssp2.del(objKey('DestGrp', 'no', 'iana-en:111')), 2101, 'name', 'no');
    expectRefused(await ssp2.del(objKey('DestGrp', 'none', 'iana-en:111')), 2103, 'rant', 'iana-en:111');
    expectRefused(await ssp2.del(objKey('DestGrp', 'none')), 2102, 'name', 'none');
  });

  it('of several objects: the first in the request, however late its own check is', async () => {
    const late = tn('14065550001', ['DG_NONE']);
    const early = tn('bad');
    expectRefused(await ssp2.add(late, early), 2102, 'dgName', 'DG_NONE');
    expectRefused(await ssp2.add(early, late), 2101, 'tn', 'bad');
    const gone = objKey('DestGrp', 'DG_NONE');
    const foreign = objKey('DestGrp', 'DG_LAST', 'iana-en:111');
    expectRefused(await ssp2.del(gone, foreign), 2102, 'name', 'DG_NONE');
    expectRefused(await ssp2.del(foreign, gone), 2103, 'rant', 'iana-en:111');
  });
});
