import { describe, expect, it } from 'vitest';
import { identityOf, pubIdName } from './identity.js';
import type { Key, NumberTypeEnum, ObjKeyTypeEnum, PubIdKey } from './key.js';
import type { Obj } from './obj.js';
import type { PubId } from './pub-id.js';

const owner = { rant: 'iana-en:222', rar: 'iana-en:223' };
const pubId = { ...owner, dgName: [] };
const sedRec = { ...owner, sedName: 'Straße', isInSvc: true };

function named(type: ObjKeyTypeEnum, name = 'STRASSE', rant = owner.rant) {
  return { kind: 'ObjKeyType', rant, name, type } as const satisfies Key;
}

function numbered(type: NumberTypeEnum, value: string, rant = owner.rant): PubIdKey {
  return { kind: 'PubIdKeyType', rant, number: { type, value } };
}

const offerKey = {
  kind: 'SedGrpOfferKeyType',
  sedGrpKey: named('SedGrp'),
  offeredTo: 'iana-en:111',
} as const satisfies Key;

/** Each kind of object in one spelling, and its key in another. */
const same: [Obj, Key][] = [
  [{ kind: 'DestGrpType', ...owner, dgName: 'Straße' }, named('DestGrp')],
  [{ kind: 'NAPTRType', ...sedRec, order: 1, svcs: 'E2U+sip' }, named('SedRec')],
  [{ kind: 'NSType', ...sedRec, hostName: 'ns', ipAddr: [] }, named('SedRec')],
  [{ kind: 'URIType', ...sedRec, ere: '.', uri: 'sip:a' }, named('SedRec')],
  [
    {
      kind: 'SedGrpType',
      ...pubId,
      sedGrpName: 'Straße',
      sedRecRef: [],
      peeringOrg: [],
      sourceIdent: [],
      isInSvc: true,
      priority: 1,
    },
    named('SedGrp'),
  ],
  [
    {
      kind: 'EgrRteType',
      ...owner,
      egrRteName: 'Straße',
      pref: 1,
      regxRewriteRule: { ere: '.', repl: 'a' },
      ingrSedGrp: [],
    },
    named('EgrRte'),
  ],
  [
    {
      kind: 'SedGrpOfferType',
      ...owner,
      sedGrpOfferKey: { ...offerKey, sedGrpKey: named('SedGrp', 'Straße') },
      status: 'offered',
      offerDateTime: '2041-05-30T09:30:10Z',
    },
    offerKey,
  ],
  [{ kind: 'TNType', ...pubId, tn: '+1202', sedRecRef: [] }, numbered('TN', '1202')],
  [{ kind: 'TNPType', ...pubId, tnPrefix: '1202' }, numbered('TNPrefix', '+1202')],
  [{ kind: 'RNType', ...pubId, rn: '1202' }, numbered('RN', '1202')],
  [
    { kind: 'TNRType', ...pubId, range: { startRange: '+1202', endRange: '1203' } },
    { kind: 'PubIdKeyType', rant: owner.rant, range: { startRange: '1202', endRange: '+1203' } },
  ],
  [
    { kind: 'URIPubIdType', ...pubId, uri: 'sip:Straße' },
    { kind: 'PubIdKeyType', rant: owner.rant, uri: 'sip:Straße' },
  ],
];

describe('identityOf', () => {
  it.each(same.map(([object, key]) => [object.kind, object, key] as const))(
    'is the same for %s and its key, however they are spelled',
    (_kind, object, key) => {
      expect(identityOf(object)).toBe(identityOf(key));
    },
  );

  it('is the same for the three kinds of SED record, and different for all other kinds of object', () => {
    const identities = new Set(same.map(([object]) => identityOf(object)));
    expect(identities.size).toBe(same.length - 2);
  });

  it('is different for another registrant, name, number or recipient', () => {
    const others: Key[] = [
      named('SedGrp', 'STRASSE', 'iana-en:111'),
      named('SedGrp', 'STRASE'),
      { ...offerKey, offeredTo: 'iana-en:1111' },
      { ...offerKey, sedGrpKey: named('SedGrp', 'STRASSE', 'iana-en:111') },
      numbered('TN', '1202', 'iana-en:111'),
      numbered('TN', '01202'),
      { kind: 'PubIdKeyType', rant: owner.rant, range: { startRange: '1202', endRange: '1202' } },
      { kind: 'PubIdKeyType', rant: owner.rant, uri: 'sip:STRASSE' },
      { kind: 'PubIdKeyType', rant: owner.rant, uri: '1202' },
    ];
    const identities = [...same.map(([, key]) => key), ...others].map(identityOf);
    expect(new Set(identities).size).toBe(identities.length - 2);
  });

  it('distinguishes invalid numbers, which occur only in refused items', () => {
    expect(identityOf(numbered('TN', '12a'))).not.toBe(identityOf(numbered('TN', '12b')));
    expect(identityOf({ kind: 'PubIdKeyType', rant: owner.rant })).not.toBe(identityOf(numbered('TN', '1')));
  });
});

describe('pubIdName', () => {
  it.each<[PubId | PubIdKey, string, string, string]>([
    [{ kind: 'TNType', ...pubId, tn: '+1202', sedRecRef: [] }, 'TN', '1202', '+1202'],
    [{ kind: 'TNRType', ...pubId, range: { startRange: '+12', endRange: '13' } }, 'TNRange', '12-13', '+12-13'],
    [{ kind: 'TNPType', ...pubId, tnPrefix: '12' }, 'TNPrefix', '12', '12'],
    [{ kind: 'RNType', ...pubId, rn: '+12' }, 'RN', '12', '+12'],
    [{ kind: 'URIPubIdType', ...pubId, uri: '+12' }, 'URI', '+12', '+12'],
    [numbered('RN', '+12'), 'RN', '12', '+12'],
    [{ kind: 'PubIdKeyType', rant: owner.rant, uri: 'sip:A' }, 'URI', 'sip:A', 'sip:A'],
  ])('of %j is known by type and digits, and keeps the spelling', (subject, type, value, spelling) => {
    expect(pubIdName(subject)).toEqual({ type, value, spelling });
  });
});
