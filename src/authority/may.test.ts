import { describe, expect, it } from 'vitest';
import type { Grant } from '../model/grant.js';
import { Grants } from '../model/grants.js';
import type { ObjKey, PubIdKey, SedGrpOfferKey } from '../model/key.js';
import type { Obj } from '../model/obj.js';
import type { Caller } from './caller.js';
import {
  acceptsFor,
  mayAdd,
  mayAgree,
  mayAnswer,
  mayDelete,
  mayRead,
  mayReadOffer,
  mayRefer,
  readableFor,
} from './may.js';

const everything = { nouns: undefined, verbs: undefined, spans: undefined };
const grant = (narrowing: Partial<Grant> = {}): Grant => ({
  registrant: 'iana-en:222',
  registrantId: 2,
  ...everything,
  ...narrowing,
});
const callerWith = (...grants: Grant[]): Caller => ({
  credentialId: 1,
  registrarId: 3,
  registrar: 'iana-en:223',
  grants: new Grants(grants),
});
const caller = callerWith(grant());

const owner = { rant: 'iana-en:222', rar: 'iana-en:223' };
const group = (owners: Partial<typeof owner> = {}): Obj => ({
  kind: 'DestGrpType',
  ...owner,
  ...owners,
  dgName: 'DEST_A',
});
const tn = (number: string): Obj => ({ kind: 'TNType', ...owner, dgName: [], tn: number, sedRecRef: [] });
const objKey = (rant: string, type: ObjKey['type'] = 'DestGrp'): ObjKey => ({
  kind: 'ObjKeyType',
  rant,
  name: 'DEST_A',
  type,
});
const offerKey = (rant: string, offeredTo: string): SedGrpOfferKey => ({
  kind: 'SedGrpOfferKeyType',
  sedGrpKey: objKey(rant, 'SedGrp'),
  offeredTo,
});
const numberKey = (value: string): PubIdKey => ({
  kind: 'PubIdKeyType',
  rant: 'iana-en:222',
  number: { value, type: 'TN' },
});

const refused = (attrName: string, attrVal: string) =>
  expect.objectContaining({ code: 2103, attr: { attrName, attrVal } });

describe('mayAdd', () => {
  it('lets a registrar add under its own id for a registrant that it has a grant for', () => {
    expect(mayAdd(caller, group())).toBeUndefined();
  });

  it.each([
    ['another registrar', 'iana-en:222', 'iana-en:225', 'rar', 'iana-en:225'],
    ['the registrant as registrar', 'iana-en:222', 'iana-en:222', 'rar', 'iana-en:222'],
    ['its own id in another case', 'iana-en:222', 'IANA-EN:223', 'rar', 'IANA-EN:223'],
    ['a registrant without a grant', 'iana-en:111', 'iana-en:223', 'rant', 'iana-en:111'],
    ['itself as registrant, without a grant', 'iana-en:223', 'iana-en:223', 'rant', 'iana-en:223'],
    ['both wrong: the registrar comes first', 'iana-en:111', 'iana-en:225', 'rar', 'iana-en:225'],
  ])('refuses %s', (_what, rant, rar, attrName, attrVal) => {
    expect(mayAdd(caller, group({ rant, rar }))).toEqual(refused(attrName, attrVal));
  });

  it('is limited to the kinds of objects of the grant', () => {
    const numbers = callerWith(grant({ nouns: ['PubId'] }));
    expect(mayAdd(numbers, tn('12025550100'))).toBeUndefined();
    expect(mayAdd(numbers, group())).toEqual(refused('rant', 'iana-en:222'));
  });

  it('is limited to the numbers of the grant, and names the element outside of them', () => {
    const washington = callerWith(grant({ spans: ['1202', '12030-12035'] }));
    expect(mayAdd(washington, tn('+12025550100'))).toBeUndefined();
    expect(mayAdd(washington, tn('1204'))).toEqual(refused('tn', '1204'));
    expect(mayAdd(washington, tn('120'))).toEqual(refused('tn', '120'));
    const common = { ...owner, dgName: [] };
    const range = (startRange: string, endRange: string): Obj => ({
      kind: 'TNRType',
      ...common,
      range: { startRange, endRange },
    });
    expect(mayAdd(washington, range('+12031', '+12035'))).toBeUndefined();
    expect(mayAdd(washington, range('+12029', '+12030'))).toEqual(refused('range', '+12029-+12030'));
    expect(mayAdd(washington, { kind: 'TNPType', ...common, tnPrefix: '12021' })).toBeUndefined();
    expect(mayAdd(washington, { kind: 'TNPType', ...common, tnPrefix: '120' })).toEqual(refused('tnPrefix', '120'));
    expect(mayAdd(washington, { kind: 'RNType', ...common, rn: '2' })).toEqual(refused('rn', '2'));
    const uri = 'sip:a@example.com';
    expect(mayAdd(washington, { kind: 'URIPubIdType', ...common, uri })).toEqual(refused('uri', uri));
    expect(mayAdd(washington, group())).toBeUndefined();
  });
});

describe('mayDelete', () => {
  it('needs a grant for exactly this registrant', () => {
    expect(mayDelete(caller, objKey('iana-en:222'))).toBeUndefined();
    for (const rant of ['iana-en:22', 'iana-en:2222', 'IANA-EN:222', 'iana-en:223', '__proto__', '']) {
      expect(mayDelete(caller, objKey(rant))).toEqual(refused('rant', rant));
    }
  });

  it('says the same of an unknown organization and of one of another registrar', () => {
    const [known, unknown] = [mayDelete(caller, objKey('iana-en:111')), mayDelete(caller, objKey('iana-en:99999'))];
    expect(known?.reason).toBe(unknown?.reason);
  });

  it('of an offer is the group’s registrant’s', () => {
    expect(mayDelete(caller, offerKey('iana-en:222', 'iana-en:111'))).toBeUndefined();
    expect(mayDelete(caller, offerKey('iana-en:111', 'iana-en:222'))).toEqual(refused('rant', 'iana-en:111'));
  });

  it('keeps to the verbs and numbers of the grant', () => {
    expect(mayDelete(callerWith(grant({ verbs: ['add', 'get'] })), numberKey('1202'))).toEqual(
      refused('rant', 'iana-en:222'),
    );
    expect(mayDelete(callerWith(grant({ spans: ['1203'] })), numberKey('1202'))).toEqual(refused('value', '1202'));
  });
});

describe('mayAnswer', () => {
  it('needs a grant for that verb and the organization that the offer was made to', () => {
    expect(mayAnswer(caller, 'accept', offerKey('iana-en:111', 'iana-en:222'))).toBeUndefined();
    expect(mayAnswer(caller, 'reject', offerKey('iana-en:222', 'iana-en:111'))).toEqual(
      refused('offeredTo', 'iana-en:111'),
    );
    const accepting = callerWith(grant({ verbs: ['accept'], nouns: ['SedGrpOffer'] }));
    expect(mayAnswer(accepting, 'accept', offerKey('iana-en:111', 'iana-en:222'))).toBeUndefined();
    expect(mayAnswer(accepting, 'reject', offerKey('iana-en:111', 'iana-en:222'))).toEqual(
      refused('offeredTo', 'iana-en:222'),
    );
  });
});

describe('mayAgree', () => {
  it('goes as far as accepting goes', () => {
    expect([mayAgree(caller, 'iana-en:222'), acceptsFor(caller)]).toEqual([true, [2]]);
    expect(mayAgree(caller, 'iana-en:111')).toBe(false);
    for (const narrowing of [{ verbs: ['reject'] }, { nouns: ['PubId'] }] as const) {
      const other = callerWith(grant(narrowing));
      expect([mayAgree(other, 'iana-en:222'), acceptsFor(other)]).toEqual([false, []]);
    }
  });
});

describe('reading', () => {
  it('of objects is their registrant’s, of offers both sides’', () => {
    expect(mayRead(caller, 'EgrRte', 'iana-en:222')).toBeUndefined();
    expect(mayRead(caller, 'EgrRte', 'iana-en:111')).toEqual(refused('rant', 'iana-en:111'));
    expect(mayReadOffer(caller, offerKey('iana-en:222', 'iana-en:111'))).toBeUndefined();
    expect(mayReadOffer(caller, offerKey('iana-en:111', 'iana-en:222'))).toBeUndefined();
    expect(mayReadOffer(caller, offerKey('iana-en:111', 'iana-en:225'))).toEqual(refused('rant', 'iana-en:111'));
  });

  it('of accepted objects needs a grant to read their kind', () => {
    const two = callerWith(grant({ nouns: ['SedGrp'] }), grant({ registrant: 'iana-en:111', registrantId: 1 }));
    expect(readableFor(two, 'SedGrp', 'recipient', 'accepted')).toEqual([2, 1]);
    expect(readableFor(two, 'SedRec', 'recipient', 'accepted')).toEqual([1]);
    expect(readableFor(two, 'SedRec', 'recipient', 'offered')).toEqual([]);
    expect(readableFor(two, 'DestGrp', 'recipient', 'accepted')).toEqual([]);
  });

  it('is not narrowed by spans, which are for writing', () => {
    expect(mayRead(callerWith(grant({ spans: ['1202'] })), 'PubId', 'iana-en:222')).toBeUndefined();
  });
});

describe('mayRefer', () => {
  it('needs a grant to read what is named, of the same registrant too', () => {
    const numbers = callerWith(
      grant({ nouns: ['PubId', 'SedGrp'] }),
      grant({ registrant: 'iana-en:111', registrantId: 1, nouns: ['SedRec'], verbs: ['get'] }),
      grant({ registrant: 'iana-en:225', registrantId: 5, nouns: ['SedRec', 'SedGrp'], verbs: ['add', 'delete'] }),
    );
    expect(mayRefer(numbers, 'SedRec', 'iana-en:222')).toEqual(refused('rant', 'iana-en:222'));
    expect(mayRefer(numbers, 'SedGrp', 'iana-en:222')).toBeUndefined();
    expect(mayRefer(numbers, 'SedRec', 'iana-en:111')).toBeUndefined();
    expect(mayRefer(numbers, 'SedGrp', 'iana-en:111')).toEqual(refused('rant', 'iana-en:111'));
    for (const noun of ['SedRec', 'SedGrp'] as const) {
      expect(mayRefer(numbers, noun, 'iana-en:225')).toEqual(refused('rant', 'iana-en:225'));
      expect(mayRefer(numbers, noun, 'iana-en:226')).toEqual(refused('rant', 'iana-en:226'));
    }
  });
});

describe('several grants for one registrant', () => {
  it('add up, and none is narrowed by another', () => {
    const both = callerWith(
      grant({ nouns: ['PubId'], spans: ['1202'] }),
      grant({ nouns: ['PubId'], spans: ['1203'], verbs: ['add'] }),
      grant({ verbs: ['get'] }),
    );
    expect(mayAdd(both, tn('12025550100'))).toBeUndefined();
    expect(mayAdd(both, tn('12035550100'))).toBeUndefined();
    expect(mayDelete(both, numberKey('12025550100'))).toBeUndefined();
    expect(mayDelete(both, numberKey('12035550100'))).toEqual(refused('value', '12035550100'));
    expect(mayRead(both, 'EgrRte', 'iana-en:222')).toBeUndefined();
    expect(mayAdd(both, group())).toEqual(refused('rant', 'iana-en:222'));
    expect(mayAdd(callerWith(grant({ spans: ['1202'] }), grant()), tn('1'))).toBeUndefined();
  });
});
