import { describe, expect, it } from 'vitest';
import type { Key } from './key.js';
import { type Noun, nounOf } from './noun.js';
import type { Obj } from './obj.js';

describe('nounOf', () => {
  it.each<[Obj['kind'] | Key['kind'], Noun]>([
    ['DestGrpType', 'DestGrp'],
    ['TNType', 'PubId'],
    ['TNRType', 'PubId'],
    ['TNPType', 'PubId'],
    ['RNType', 'PubId'],
    ['URIPubIdType', 'PubId'],
    ['PubIdKeyType', 'PubId'],
    ['NAPTRType', 'SedRec'],
    ['NSType', 'SedRec'],
    ['URIType', 'SedRec'],
    ['SedGrpType', 'SedGrp'],
    ['SedGrpOfferType', 'SedGrpOffer'],
    ['SedGrpOfferKeyType', 'SedGrpOffer'],
    ['EgrRteType', 'EgrRte'],
  ])('%s is about a %s', (kind, noun) => {
    expect(nounOf({ kind } as Obj | Key)).toBe(noun);
  });

  it.each<Noun & ('DestGrp' | 'SedRec' | 'SedGrp' | 'EgrRte')>(['DestGrp', 'SedRec', 'SedGrp', 'EgrRte'])(
    'an object key is about what its type says: %s',
    (type) => {
      expect(nounOf({ kind: 'ObjKeyType', rant: 'iana-en:222', name: 'ANY', type })).toBe(type);
    },
  );
});
