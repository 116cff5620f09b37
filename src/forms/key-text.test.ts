import { describe, expect, it } from 'vitest';
import type { Key } from '../model/key.js';
import { isKeyFault, keyExamples, keyText, readKey } from './key-text.js';

const rant = 'iana-en:222';
const obj = (type: 'DestGrp' | 'SedGrp' | 'SedRec' | 'EgrRte', name: string) => ({
  ...({ kind: 'ObjKeyType', rant } as const),
  ...{ type, name },
});
const pubId = (value: object) => ({ kind: 'PubIdKeyType', rant, ...value });

describe('a key as people write it', () => {
  it.each([
    ['destGrp:iana-en:222:DG_WEST', obj('DestGrp', 'DG_WEST')],
    ['sedGrp:iana-en:222:a:b c', obj('SedGrp', 'a:b c')],
    ['sedRec:iana-en:222:SBE_WEST', obj('SedRec', 'SBE_WEST')],
    ['naptr:iana-en:222:SBE_WEST', obj('SedRec', 'SBE_WEST')],
    ['egrRte::EGRESS_1', obj('EgrRte', 'EGRESS_1')],
    ['+12025550101', pubId({ number: { type: 'TN', value: '+12025550101' } })],
    ['12025550101', pubId({ number: { type: 'TN', value: '12025550101' } })],
    ['tn:iana-en:222:+12025550101', pubId({ number: { type: 'TN', value: '+12025550101' } })],
    ['tnPrefix:iana-en:222:1202', pubId({ number: { type: 'TNPrefix', value: '1202' } })],
    ['rn::+1202555', pubId({ number: { type: 'RN', value: '+1202555' } })],
    ['tnRange::+1202-+1203', pubId({ range: { startRange: '+1202', endRange: '+1203' } })],
    ['uri:iana-en:222:sip:alice@ssp.example', pubId({ uri: 'sip:alice@ssp.example' })],
    ['uri::sip:alice@ssp.example', pubId({ uri: 'sip:alice@ssp.example' })],
    [
      'sedGrpOffer:iana-en:222:west/east/iana-en:111',
      { kind: 'SedGrpOfferKeyType', sedGrpKey: obj('SedGrp', 'west/east'), offeredTo: 'iana-en:111' },
    ],
  ])('%s', (text, key) => {
    expect(readKey(text, rant)).toEqual(key);
    expect(readKey(keyText(key as Key), undefined)).toEqual(key);
  });

  it('has an example for each kind', () => {
    for (const [kind, name] of Object.entries(keyExamples)) {
      expect(isKeyFault(readKey(`${kind}::${name}`, rant)), kind).toBe(false);
    }
  });

  it.each([
    ['', 'key', /^a number, or kind:rant:name, the kind one of destGrp, /],
    ['DG_WEST', 'key', /^a number, or/],
    ['tnn:iana-en:222:+1202', 'key', /^a number, or/],
    ['constructor:iana-en:222:x', 'key', /^a number, or/],
    ['destGrp:x', 'key', /^a number, or/],
    ['destGrp:222:x', 'key', /^a number, or/],
    ['destGrp:9:222:abc', 'rant', /^not namespace:value/],
    ['destGrp:iana-en:222:ab', 'destGrp', /^2 characters, not 3 to 80/],
    ['tn:iana-en:222:+1202x', 'tn', /^not digits 0 to 9/],
    ['rn::', 'rn', /^not digits 0 to 9/],
    ['tnRange::1202', 'tnRange', /^two numbers with - between them/],
    ['tnRange::1-2-3', 'tnRange', /^two numbers with - between them/],
    ['tnRange::1202-x', 'endRange', /^not digits 0 to 9/],
    ['tnRange::1203-1202', 'tnRange', /./],
    ['uri::', 'uri', /^empty/],
    ['sedGrpOffer::GROUP', 'sedGrpOffer', /^group\/organization/],
    ['sedGrpOffer::ab/iana-en:1', 'sedGrpName', /^2 characters/],
  ])('%s is none: %s', (text, field, rule) => {
    expect(readKey(text, rant)).toEqual({ field, value: expect.any(String), rule: expect.stringMatching(rule) });
  });

  it('needs a registrant', () => {
    for (const text of ['+12025550101', 'destGrp::DG_WEST', 'sedGrpOffer::DG_WEST/iana-en:1']) {
      expect(readKey(text, undefined), text).toMatchObject({ field: 'rant' });
    }
  });
});
