/** Offers of SED groups: made, read, searched, accepted, rejected, deleted (RFC 7877 §6.5, §7.4, §7.5). */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addGrant } from '../../src/registry/access/administration.js';
import { allTexts, expectDone, expectRefused, expectTold, ref, sedGrp, TestClock, uriRec } from '../support/carrier.js';
import { type Element, obj, objKey, type ReadAnswer, textAt } from '../support/message.js';
import { offer, offerKey, offerObjKey, type Party, party } from '../support/peering.js';
import { registrarCredential } from '../support/registrar-credential.js';
import { startServer, type TestServer } from '../support/server.js';

const [ssp1, ssp2, ssp3, ssp4] = ['iana-en:111', 'iana-en:222', 'iana-en:225', 'iana-en:226'] as const;
const clock = new TestClock();
let server: TestServer;
/** The registrar of SSP2, which offers; those of SSP1 and SSP3, the recipients; that of SSP4, which takes no part. */
let seller: Party;
let buyer: Party;
let rival: Party;
let stranger: Party;
let group: string;
let groups = 0;

beforeAll(async () => {
  server = await startServer({ clock: clock.read });
  seller = party(server, 'ssp2r');
  buyer = party(server, 'ssp1');
  rival = party(server, 'ssp3');
  stranger = party(server, 'ssp4');
});
afterAll(() => server.close());
beforeEach(async () => {
  group = `GRP_${++groups}`;
  expectDone(await seller.add(obj('SedGrpType', sedGrp(group))));
});

const read = (by: Party, to: string = ssp1) => by.read(offerObjKey(group, to));
const peers = async () => allTexts(await seller.read(objKey('SedGrp', group)), 'peeringOrg');

async function offerIt(...to: string[]): Promise<void> {
  expectDone(await seller.add(...(to.length === 0 ? [ssp1] : to).map((org) => offer(group, org))));
}

describe('an offer that is added', () => {
  it('has the status offered and the current time, whatever status and times the client sent', async () => {
    const now = clock.tick();
    expectDone(await seller.add(offer(group, ssp1, { status: 'accepted' })));
    const stored = await read(seller);
    expect(stored.children.slice(2).map(({ name, text }) => `${name} ${text}`)).toEqual([
      `cDate ${now}`,
      'sedGrpOfferKey ',
      'status offered',
      `offerDateTime ${now}`,
    ]);
    expect(await peers()).toEqual([]);
  });

  it('may name its group in another case, and has the name of the group in answers', async () => {
    expectDone(await seller.add(offer(group.toLowerCase(), ssp1)));
    expect(textAt(await read(seller), 'sedGrpOfferKey', 'sedGrpKey', 'name')).toBe(group);
  });

  it('cannot be made to an unknown organization', async () => {
    expectRefused(await seller.add(offer(group, 'iana-en:999')), 2102, 'offeredTo', 'iana-en:999');
  });

  it('cannot be made of a group that does not exist', async () => {
    expectRefused(await seller.add(offer('NO_GROUP', ssp1)), 2102, 'name', 'NO_GROUP');
  });

  it('cannot be made to the registrant of the group itself', async () => {
    expectRefused(await seller.add(offer(group, ssp2)), 2103, 'offeredTo', ssp2);
  });

  it.each([
    ['is there', () => group],
    ['is not there', () => 'NO_GROUP'],
  ])('cannot be made of another registrant’s group, with the same answer if it %s', async (_, name) => {
    const answer = await stranger.add(offer(name(), ssp1, { rant: ssp4, rar: ssp4, groupRant: ssp2 }));
    expectRefused(answer, 2103, 'offeredTo', ssp1);
  });

  it('cannot be made by a registrar that has no grant for the registrant', async () => {
    expectRefused(await stranger.add(offer(group, ssp1, { rar: ssp4 })), 2103, 'rant', ssp2);
  });

  it('fails first for an unknown recipient, then for a missing group', async () => {
    expectRefused(await seller.add(offer('NO_GROUP', 'iana-en:999')), 2102, 'offeredTo', 'iana-en:999');
  });

  it('has a key of the type SedGrp', async () => {
    const wrong = offer(group, ssp1).replace('<type>SedGrp</type>', '<type>DestGrp</type>');
    expectRefused(await seller.add(wrong), 2101, 'type', 'DestGrp');
  });
});

describe('an offer that is added again', () => {
  it('changes its extension and mDate while it is open, and keeps the time of the offer', async () => {
    const first = clock.tick();
    expectDone(await seller.add(offer(group, ssp1, { note: 'one' })));
    const second = clock.tick();
    expectDone(await seller.add(offer(group, ssp1, { note: 'two' })));
    const stored = await read(seller);
    expect(textAt(stored, 'ext', 'note')).toBe('two');
    expect(['cDate', 'mDate', 'offerDateTime'].map((name) => textAt(stored, name))).toEqual([first, second, first]);
  });

  it('stays accepted, with its times, when it was accepted before', async () => {
    const offered = clock.tick();
    await offerIt();
    const accepted = clock.tick();
    expectDone(await buyer.accept(offerKey(group, ssp1)));
    const again = clock.tick();
    expectDone(await seller.add(offer(group, ssp1, { note: 'new' })));
    const stored = await read(buyer);
    const of = (name: string) => textAt(stored, name);
    expect([of('status'), of('cDate'), of('mDate'), of('offerDateTime'), of('acceptDateTime')]).toEqual([
      'accepted',
      offered,
      again,
      offered,
      accepted,
    ]);
    expect(textAt(stored, 'ext', 'note')).toBe('new');
    expect(await peers()).toEqual([ssp1]);
  });

  it('loses an extension that is not sent again', async () => {
    expectDone(await seller.add(offer(group, ssp1, { note: 'one' })));
    await offerIt();
    expect(textAt(await read(seller), 'ext')).toBeUndefined();
  });
});

describe('an offer that is accepted', () => {
  it('makes the recipient a peer, with the time of accepting as acceptDateTime and mDate', async () => {
    await offerIt();
    const now = clock.tick();
    expectDone(await buyer.accept(offerKey(group, ssp1)));
    const stored = await read(buyer);
    expect(['status', 'mDate', 'acceptDateTime'].map((name) => textAt(stored, name))).toEqual(['accepted', now, now]);
    expect(await peers()).toEqual([ssp1]);
  });

  it('does not modify the group', async () => {
    await offerIt();
    expectDone(await buyer.accept(offerKey(group, ssp1)));
    expectDone(await buyer.reject(offerKey(group, ssp1)));
    expect(textAt(await seller.read(objKey('SedGrp', group)), 'mDate')).toBeUndefined();
  });

  it('can be accepted again, without a change', async () => {
    await offerIt();
    clock.tick();
    expectDone(await buyer.accept(offerKey(group, ssp1)));
    const before = await read(buyer);
    clock.tick();
    expectDone(await buyer.accept(offerKey(group, ssp1), offerKey(group.toLowerCase(), ssp1)));
    expect(await read(buyer)).toEqual(before);
  });

  it('lists its peers in the order in which they accepted', async () => {
    await offerIt(ssp1, ssp3, ssp4);
    for (const [who, org] of [
      [stranger, ssp4],
      [buyer, ssp1],
      [rival, ssp3],
    ] as const) {
      clock.tick();
      expectDone(await who.accept(offerKey(group, org)));
    }
    expect(await peers()).toEqual([ssp4, ssp1, ssp3]);
  });

  it('keeps its peers when the group is replaced, even by one that names others', async () => {
    await offerIt();
    expectDone(await buyer.accept(offerKey(group, ssp1)));
    expectDone(await seller.add(obj('SedGrpType', sedGrp(group, `<b:peeringOrg>${ssp4}</b:peeringOrg>`, 20))));
    expect(await peers()).toEqual([ssp1]);
  });
});

describe.each([
  ['accept', (who: Party, key: string) => who.accept(key)],
  ['reject', (who: Party, key: string) => who.reject(key)],
] as const)('to %s an offer', (_, answerIt) => {
  it('is not allowed to the registrant that made it', async () => {
    await offerIt();
    expectRefused(await answerIt(seller, offerKey(group, ssp1)), 2103, 'offeredTo', ssp1);
  });

  it('is not allowed to another recipient', async () => {
    await offerIt(ssp1, ssp3);
    expectRefused(await answerIt(rival, offerKey(group, ssp1)), 2103, 'offeredTo', ssp1);
    expect(textAt(await read(buyer), 'status')).toBe('offered');
  });

  it('names the recipient when the group was never offered to it', async () => {
    expectRefused(await answerIt(buyer, offerKey(group, ssp1)), 2102, 'offeredTo', ssp1);
  });

  it('names the group when that does not exist', async () => {
    expectRefused(await answerIt(buyer, offerKey('NO_GROUP', ssp1)), 2102, 'name', 'NO_GROUP');
    expectRefused(await answerIt(buyer, offerKey(group, ssp1, 'iana-en:999')), 2102, 'name', group);
  });

  it('refuses a key with an invalid value, and names it', async () => {
    expectRefused(await answerIt(buyer, offerKey('ab', ssp1)), 2101, 'name', 'ab');
    expectRefused(await answerIt(buyer, offerKey(group, 'nobody')), 2101, 'offeredTo', 'nobody');
  });
});

describe('an offer that ends', () => {
  const ends: [string, () => Promise<ReadAnswer>][] = [
    ['rejected', () => buyer.reject(offerKey(group, ssp1))],
    ['deleted', () => seller.del(offerObjKey(group, ssp1))],
  ];

  it.each(ends)('is deleted for both sides when it is %s while it is open', async (_, end) => {
    await offerIt();
    expectDone(await end());
    for (const who of [seller, buyer]) expect((await who.get(offerObjKey(group, ssp1))).resultObjs).toEqual([]);
  });

  it.each(ends)('removes the peer when it is %s after it was accepted', async (_, end) => {
    await offerIt(ssp1, ssp3);
    expectDone(await buyer.accept(offerKey(group, ssp1)));
    expectDone(await rival.accept(offerKey(group, ssp3)));
    expectDone(await end());
    expect(await peers()).toEqual([ssp3]);
  });

  it.each(ends)('does not exist when it is %s a second time', async (_, end) => {
    await offerIt();
    expectDone(await end());
    expectRefused(await end(), 2102, 'offeredTo', ssp1);
  });

  it('cannot be deleted by its recipient, which must reject it', async () => {
    await offerIt();
    expectRefused(await buyer.del(offerObjKey(group, ssp1)), 2103, 'rant', ssp2);
  });

  it('is deleted with its group, and then named by the group’s name', async () => {
    await offerIt();
    expectDone(await seller.del(objKey('SedGrp', group)));
    expectRefused(await buyer.accept(offerKey(group, ssp1)), 2102, 'name', group);
    expectRefused(await seller.del(offerObjKey(group, ssp1)), 2102, 'name', group);
    expectDone(await seller.add(obj('SedGrpType', sedGrp(group))));
    expect((await seller.get(offerObjKey(group, ssp1))).resultObjs).toEqual([]);
    expect(await peers()).toEqual([]);
  });
});

describe('Get of an offer', () => {
  it('answers both sides with the same object', async () => {
    await offerIt();
    expect(await read(buyer)).toEqual(await read(seller));
  });

  it('succeeds without an object for both sides when the offer does not exist', async () => {
    for (const who of [seller, buyer]) {
      const answer = await who.get(offerObjKey(group, ssp1));
      expectDone(answer);
      expect(answer.resultObjs).toEqual([]);
    }
  });

  it('is refused to a third organization, whether the offer exists or not', async () => {
    await offerIt();
    for (const to of [ssp1, ssp3]) expectTold(await stranger.get(offerObjKey(group, to)), 2103, 'rant', ssp2);
  });

  it('names the first key that fails, malformed or not allowed to the caller', async () => {
    const foreign = offerObjKey('ANY', ssp1, ssp3);
    const malformed = offerObjKey('ab', ssp1);
    expectTold(await seller.get(foreign, malformed), 2103, 'rant', ssp3);
    expectTold(await seller.get(malformed, foreign), 2101, 'name', 'ab');
  });
});

describe('Get of shared objects', () => {
  it('shows a peer the group with itself as the only peer, and the group’s records', async () => {
    expectDone(await seller.add(obj('URIType', uriRec(`${group}_REC`)), obj('URIType', uriRec(`${group}_OTHER`))));
    expectDone(await seller.add(obj('SedGrpType', sedGrp(group, ref(`${group}_REC`, 10)))));
    await offerIt(ssp1, ssp3);
    expectTold(await buyer.get(objKey('SedGrp', group)), 2103, 'rant', ssp2);
    expectDone(await buyer.accept(offerKey(group, ssp1)));
    expectDone(await rival.accept(offerKey(group, ssp3)));

    expect(allTexts(await buyer.read(objKey('SedGrp', group)), 'peeringOrg')).toEqual([ssp1]);
    expect(allTexts(await rival.read(objKey('SedGrp', group)), 'peeringOrg')).toEqual([ssp3]);
    expect(textAt(await buyer.read(objKey('SedRec', `${group}_REC`)), 'sedName')).toBe(`${group}_REC`);
    expectTold(await buyer.get(objKey('SedRec', `${group}_OTHER`)), 2103, 'rant', ssp2);
    expectTold(await stranger.get(objKey('SedGrp', group)), 2103, 'rant', ssp2);
  });
});

describe('Get SED Group Offers', () => {
  let finder: TestServer;
  const rows = [
    ['A', ssp2, ssp1, 'accepted'],
    ['A', ssp2, ssp3, 'offered'],
    ['B', ssp2, ssp1, 'offered'],
    ['C', ssp1, ssp2, 'accepted'],
    ['D', ssp3, ssp1, 'offered'],
    ['D', ssp3, ssp4, 'accepted'],
  ] as const;
  const users = { [ssp1]: 'ssp1', [ssp2]: 'ssp2r', [ssp3]: 'ssp3', [ssp4]: 'ssp4' } as const;
  const rars = { [ssp1]: ssp1, [ssp2]: 'iana-en:223', [ssp3]: ssp3, [ssp4]: ssp4 } as const;

  beforeAll(async () => {
    finder = await startServer({ clock: clock.read });
    for (const [name, rant, to, status] of rows) {
      const by = party(finder, users[rant]);
      const owner = { rant, rar: rars[rant] };
      expectDone(await by.add(obj('SedGrpType', sedGrp(`GRP_${name}`), owner), offer(`GRP_${name}`, to, owner)));
      if (status === 'accepted') expectDone(await party(finder, users[to]).accept(offerKey(`GRP_${name}`, to, rant)));
    }
  });
  afterAll(() => finder.close());

  const fieldsOf = (found: Element) => {
    const [key, status] = ['sedGrpOfferKey', 'status'].map((name) =>
      found.children.find((child) => child.name === name),
    );
    const of = (...path: string[]) => textAt(key, ...path);
    return `${of('sedGrpKey', 'name')?.slice(4)} ${of('sedGrpKey', 'rant')} ${of('offeredTo')} ${status?.text}`;
  };
  const search = async (as: keyof typeof users, ...criteria: string[]) => {
    const answer = await party(finder, users[as]).getOffers(...criteria);
    expectDone(answer);
    expect(answer.wrapper).toBe('spppGetResponse');
    return answer.resultObjs.map(fieldsOf).sort();
  };
  /** Those rows, by their numbers. */
  const offers = (...numbers: number[]) => numbers.map((number) => rows[number]?.join(' '));
  const by = (...orgs: string[]) => orgs.map((org) => `<offeredBy>${org}</offeredBy>`).join('');
  const to = (...orgs: string[]) => orgs.map((org) => `<offeredTo>${org}</offeredTo>`).join('');
  const status = (text: string) => `<status>${text}</status>`;

  it.each([
    [ssp1, [0, 2, 3, 4]],
    [ssp2, [0, 1, 2, 3]],
    [ssp3, [1, 4, 5]],
    [ssp4, [5]],
  ] as const)('without criteria returns %s all offers that it made or received', async (as, numbers) => {
    expect(await search(as)).toEqual(offers(...numbers));
  });

  it.each([
    ['by one organization', by(ssp2), [0, 1, 2]],
    ['by one of two', by(ssp2, ssp1), [0, 1, 2, 3]],
    ['to one organization', to(ssp1), [0, 2]],
    ['to one of two', to(ssp1, ssp3), [0, 1, 2]],
    ['with the status offered', status('offered'), [1, 2]],
    ['with the status accepted', status('accepted'), [0, 3]],
    ['by one and to another', by(ssp2) + to(ssp3), [1]],
    ['by, to and with a status', by(ssp2, ssp1) + to(ssp1, ssp2) + status('accepted'), [0, 3]],
    ['of one key', offerKey('GRP_A', ssp1), [0]],
    ['of one of two keys, in any case', offerKey('grp_a', ssp1) + offerKey('GRP_C', ssp2, ssp1), [0, 3]],
    [
      'of one of two keys and with a status',
      status('offered') + offerKey('GRP_A', ssp1) + offerKey('GRP_B', ssp1),
      [2],
    ],
    ['of a key that another criterion excludes', by(ssp1) + offerKey('GRP_A', ssp1), []],
    ['by an organization that is not known', by('iana-en:999'), []],
    ['by one that is not known or one that is', by('iana-en:999', ssp1), [3]],
    ['to an organization that is not known', to('iana-en:999'), []],
    ['of a key of a group that is not there', offerKey('NO_GROUP', ssp1), []],
    ['made by and to others', by(ssp3) + to(ssp4), []],
    ['of a key that is others’', offerKey('GRP_D', ssp4, ssp3), []],
  ] as const)('finds offers %s', async (_, criteria, numbers) => {
    expect(await search(ssp2, criteria)).toEqual(offers(...numbers));
  });

  it('refuses a malformed key with the code of an object in the overall result', async () => {
    expectTold(await party(finder, 'ssp1').getOffers(offerKey('ab', ssp1)), 2101, 'name', 'ab');
  });

  it('returns to a registrar the offers of all registrants that it may act for', async () => {
    await addGrant(finder.deps.database.prisma, ssp4, ssp1);
    // The database notifies the server a moment after the commit.
    const heard = async () => (await registrarCredential(finder.deps.credentials, 'ssp4'))?.grants.has(ssp1);
    await expect.poll(heard).toBe(true);
    expect(await search(ssp4)).toEqual(offers(0, 2, 3, 4, 5));
    expect(await search(ssp4, to(ssp1))).toEqual(offers(0, 2, 4));
  });
});
