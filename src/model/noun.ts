import type { Key } from './key.js';
import type { Obj } from './obj.js';
import { isSedRec } from './sed-rec-kinds.js';

/** What kind of object an object or a key is about. Objects of one noun are handled together. */
export type Noun = 'DestGrp' | 'PubId' | 'SedRec' | 'SedGrp' | 'SedGrpOffer' | 'EgrRte';

/** The noun that an object, or the object of a key, is of. */
export function nounOf(subject: Obj | Key): Noun {
  if (isSedRec(subject)) return 'SedRec';
  switch (subject.kind) {
    case 'DestGrpType':
      return 'DestGrp';
    case 'TNType':
    case 'TNRType':
    case 'TNPType':
    case 'RNType':
    case 'URIPubIdType':
    case 'PubIdKeyType':
      return 'PubId';
    case 'SedGrpType':
      return 'SedGrp';
    case 'SedGrpOfferType':
    case 'SedGrpOfferKeyType':
      return 'SedGrpOffer';
    case 'EgrRteType':
      return 'EgrRte';
    case 'ObjKeyType':
      return subject.type;
  }
}
