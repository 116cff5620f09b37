/** A peering of carriers over weeks, request by request (RFC 7878 §10, RFC 7877 §3.1, §6.5). */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addGrant } from '../../src/registry/access/administration.js';
import { allTexts, expectDone, expectRefused, expectTold, ref, sedGrp, TestClock, uriRec } from '../support/carrier.js';
import { destGrp, type Element, numberKey, obj, objKey, textAt, tn } from '../support/message.js';
import { as, egrRte, ingress, offer, offerKey, offerObjKey, type Party, party } from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const [ssp1, ssp2, rar2, ssp3] = ['iana-en:111', 'iana-en:222', 'iana-en:223', 'iana-en:225'] as const;
const clock = new TestClock();
let server: TestServer;
let target: Party;
let origin: Party;
let other: Party;

beforeAll(async () => {
  server = await startServer({ clock: clock.read });
  target = party(server, 'ssp2r');
  origin = party(server, 'ssp1');
  other = party(server, 'ssp3');
});
afterAll(() => server.close());

const one = (found: readonly Element[]) => {
  expect(found).toHaveLength(1);
  return found[0];
};

describe('the life of a peering', () => {
  const group = objKey('SedGrp', 'SSP2_INGRESS');
  const record = objKey('SedRec', 'SSP2_SBE');
  const route = objKey('EgrRte', 'TO_SSP2', ssp1);
  const theRoute = egrRte('TO_SSP2', ingress('SSP2_INGRESS'));

  it('begins with objects of SSP2 that no other organization sees', async () => {
    const inside = `${ref('SSP2_SBE', 10)}<b:dgName>SSP2_NUMBERS</b:dgName>`;
    expectDone(
      await target.add(
        destGrp('SSP2_NUMBERS'),
        tn('12025550100', ['SSP2_NUMBERS']),
        obj('URIType', uriRec('SSP2_SBE', 'sip:sbe1.ssp2.example.com')),
        obj('SedGrpType', sedGrp('SSP2_INGRESS', inside)),
      ),
    );
    for (const key of [group, record]) expectTold(await origin.get(key), 2103, 'rant', ssp2);
  });

  it('is offered: SSP1 finds the offer and still not the group', async () => {
    const now = clock.tick();
    expectDone(await target.add(offer('SSP2_INGRESS', ssp1)));
    const found = one((await origin.getOffers(`<offeredTo>${ssp1}</offeredTo><status>offered</status>`)).resultObjs);
    expect([textAt(found, 'rant'), textAt(found, 'offerDateTime')]).toEqual([ssp2, now]);
    expectTold(await origin.get(group), 2103, 'rant', ssp2);
    expectRefused(await origin.add(theRoute), 2103, 'name', 'SSP2_INGRESS');
  });

  it('is accepted: SSP1 sees the group and its records, SSP2 sees its peer', async () => {
    expectDone(await origin.accept(offerKey('SSP2_INGRESS', ssp1)));
    const seen = await origin.read(group);
    expect([textAt(seen, 'rant'), allTexts(seen, 'peeringOrg'), allTexts(seen, 'dgName')]).toEqual([
      ssp2,
      [ssp1],
      ['SSP2_NUMBERS'],
    ]);
    expect(textAt(await origin.read(record), 'uri')).toBe('sip:sbe1.ssp2.example.com');
    expect(allTexts(await target.read(group), 'peeringOrg')).toEqual([ssp1]);
  });

  it('shows SSP1 neither SSP2’s numbers nor its destination groups, and may not be changed by it', async () => {
    expectTold(await origin.get(numberKey('TN', '12025550100')), 2103, 'rant', ssp2);
    expectTold(await origin.get(objKey('DestGrp', 'SSP2_NUMBERS')), 2103, 'rant', ssp2);
    for (const key of [group, record]) expectRefused(await origin.del(key), 2103, 'rant', ssp2);
  });

  it('is not visible to SSP3', async () => {
    for (const key of [group, record, offerObjKey('SSP2_INGRESS', ssp1)]) {
      expectTold(await other.get(key), 2103, 'rant', ssp2);
    }
    expect((await other.getOffers()).resultObjs).toEqual([]);
  });

  it('carries calls by a route of SSP1, which follows changes of SSP2’s records', async () => {
    expectDone(await origin.add(theRoute));
    expect(textAt(await origin.read(route), 'ingrSedGrp', 'name')).toBe('SSP2_INGRESS');
    expectDone(await target.add(obj('URIType', uriRec('SSP2_SBE', 'sip:sbe2.ssp2.example.com'))));
    expect(textAt(await origin.read(record), 'uri')).toBe('sip:sbe2.ssp2.example.com');
  });

  it('ends when SSP1 rejects the accepted offer: nothing is shared, the route has no effect', async () => {
    expectDone(await origin.reject(offerKey('SSP2_INGRESS', ssp1)));
    for (const key of [group, record]) expectTold(await origin.get(key), 2103, 'rant', ssp2);
    expect(allTexts(await target.read(group), 'peeringOrg')).toEqual([]);
    expect((await origin.getOffers()).resultObjs).toEqual([]);
    expect(textAt(await origin.read(route), 'ingrSedGrp', 'name')).toBe('SSP2_INGRESS');
    expectRefused(await origin.add(theRoute), 2103, 'name', 'SSP2_INGRESS');
    expectRefused(await origin.accept(offerKey('SSP2_INGRESS', ssp1)), 2102, 'offeredTo', ssp1);
  });

  it('begins again with a new offer, which is open like the first and has times of its own', async () => {
    const now = clock.tick();
    expectDone(await target.add(offer('SSP2_INGRESS', ssp1)));
    const found = await origin.read(offerObjKey('SSP2_INGRESS', ssp1));
    expect(['status', 'cDate', 'mDate', 'offerDateTime', 'acceptDateTime'].map((name) => textAt(found, name))).toEqual([
      'offered',
      now,
      undefined,
      now,
      undefined,
    ]);
    expectTold(await origin.get(group), 2103, 'rant', ssp2);
    expectDone(await origin.accept(offerKey('SSP2_INGRESS', ssp1)));
    expect(textAt(await origin.read(group), 'sedGrpName')).toBe('SSP2_INGRESS');
    expectDone(await origin.add(theRoute));
  });

  it('ends for ever when SSP2 deletes the group: offer and reference are deleted, the records stay SSP2’s', async () => {
    expectDone(await target.del(group));
    expect((await target.getOffers()).resultObjs).toEqual([]);
    expect(textAt(await origin.read(route), 'ingrSedGrp')).toBeUndefined();
    expectTold(await origin.get(record), 2103, 'rant', ssp2);
    expect(textAt(await target.read(record), 'sedName')).toBe('SSP2_SBE');
  });
});

describe('selective peering', () => {
  const [gold, plain] = [objKey('SedGrp', 'GOLD_GROUP'), objKey('SedGrp', 'PLAIN_GROUP')];

  it('gives each peer the ingress point that was offered to it, for the same numbers', async () => {
    const inside = (record: string) => `${ref(record, 10)}<b:dgName>ALL_NUMBERS</b:dgName>`;
    expectDone(
      await target.add(
        destGrp('ALL_NUMBERS'),
        obj('URIType', uriRec('GOLD_SBE', 'sip:gold.example.com')),
        obj('URIType', uriRec('PLAIN_SBE', 'sip:plain.example.com')),
        obj('SedGrpType', sedGrp('GOLD_GROUP', inside('GOLD_SBE'))),
        obj('SedGrpType', sedGrp('PLAIN_GROUP', inside('PLAIN_SBE'))),
        offer('GOLD_GROUP', ssp1),
        offer('PLAIN_GROUP', ssp3),
      ),
    );
    expectDone(await origin.accept(offerKey('GOLD_GROUP', ssp1)));
    expectDone(await other.accept(offerKey('PLAIN_GROUP', ssp3)));
    expect(textAt(await origin.read(objKey('SedRec', 'GOLD_SBE')), 'uri')).toBe('sip:gold.example.com');
    expect(textAt(await other.read(objKey('SedRec', 'PLAIN_SBE')), 'uri')).toBe('sip:plain.example.com');
    for (const key of [plain, objKey('SedRec', 'PLAIN_SBE')]) expectTold(await origin.get(key), 2103, 'rant', ssp2);
    for (const key of [gold, objKey('SedRec', 'GOLD_SBE')]) expectTold(await other.get(key), 2103, 'rant', ssp2);
  });

  it('shares a record with the peers of all groups that hold it, until the last group is deleted', async () => {
    const both = `${ref('GOLD_SBE', 10)}${ref('PLAIN_SBE', 20)}`;
    expectDone(await target.add(obj('SedGrpType', sedGrp('PLAIN_GROUP', both))));
    expect(textAt(await other.read(objKey('SedRec', 'GOLD_SBE')), 'sedName')).toBe('GOLD_SBE');
    expectDone(await target.add(obj('SedGrpType', sedGrp('PLAIN_GROUP', ref('PLAIN_SBE', 20)))));
    expectTold(await other.get(objKey('SedRec', 'GOLD_SBE')), 2103, 'rant', ssp2);
    expect(textAt(await origin.read(objKey('SedRec', 'GOLD_SBE')), 'sedName')).toBe('GOLD_SBE');
  });

  it('moves a peer from one group to the other in two steps, without a moment of both or none', async () => {
    expectDone(await target.add(offer('PLAIN_GROUP', ssp1)));
    expectDone(
      await origin.batch(
        as('acceptSedGrpOffer', offerKey('PLAIN_GROUP', ssp1)),
        as('rejectSedGrpOffer', offerKey('GOLD_GROUP', ssp1)),
      ),
    );
    expect(allTexts(await target.read(plain), 'peeringOrg')).toEqual([ssp3, ssp1]);
    expect(allTexts(await target.read(gold), 'peeringOrg')).toEqual([]);
    expect(allTexts(await origin.read(plain), 'peeringOrg')).toEqual([ssp1]);
  });
});

describe('a registrant that changes its registrar', () => {
  const second = { rant: ssp2, rar: ssp3 };

  it('begins with objects under the first registrar, which alone may act for it', async () => {
    expectDone(await target.add(destGrp('HANDED_OVER'), obj('SedGrpType', sedGrp('HANDED_GROUP'))));
    expectDone(await target.add(offer('HANDED_GROUP', ssp1)));
    expectRefused(await other.add(destGrp('HANDED_OVER', second)), 2103, 'rant', ssp2);
  });

  it('grants a second one, which reads and replaces the same objects, and then is their registrar', async () => {
    await addGrant(server.deps.database.prisma, ssp3, ssp2);
    expect(textAt(await other.read(objKey('DestGrp', 'HANDED_OVER')), 'rar')).toBe(rar2);
    const before = await target.read(objKey('DestGrp', 'HANDED_OVER'));
    const now = clock.tick();
    expectDone(await other.add(destGrp('HANDED_OVER', second), offer('HANDED_GROUP', ssp1, second)));
    const stored = await target.read(objKey('DestGrp', 'HANDED_OVER'));
    expect(['rar', 'cDate', 'mDate'].map((name) => textAt(stored, name))).toEqual([ssp3, textAt(before, 'cDate'), now]);
    const offered = await origin.read(offerObjKey('HANDED_GROUP', ssp1));
    expect([textAt(offered, 'rar'), textAt(offered, 'status')]).toEqual([ssp3, 'offered']);
  });

  it('lets neither write under the other’s name', async () => {
    expectRefused(await target.add(destGrp('HANDED_OVER', second)), 2103, 'rar', ssp3);
    expectRefused(await other.add(destGrp('HANDED_OVER')), 2103, 'rar', rar2);
  });

  it('lets either replace and delete objects that the other wrote last', async () => {
    expectDone(await target.add(destGrp('HANDED_OVER')));
    expect(textAt(await other.read(objKey('DestGrp', 'HANDED_OVER')), 'rar')).toBe(rar2);
    expectDone(await other.del(objKey('DestGrp', 'HANDED_OVER'), offerObjKey('HANDED_GROUP', ssp1)));
    expectRefused(await target.del(objKey('DestGrp', 'HANDED_OVER')), 2102, 'name', 'HANDED_OVER');
  });

  it('shows the second registrar the offers of the registrant besides its own', async () => {
    expectDone(await target.add(offer('HANDED_GROUP', ssp1)));
    const offers = (await other.getOffers(`<offeredBy>${ssp2}</offeredBy><status>offered</status>`)).resultObjs;
    expect(textAt(one(offers), 'sedGrpOfferKey', 'sedGrpKey', 'name')).toBe('HANDED_GROUP');
  });
});
