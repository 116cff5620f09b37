import type { Key } from './key.js';
import type { Obj } from './obj.js';
import { isSedRec } from './sed-rec-kinds.js';

/** The kind of an object or key. Objects of one noun are handled together. */
export type Noun = 'DestGrp' | 'PubId' | 'SedRec' | 'SedGrp' | 'SedGrpOffer' | 'EgrRte';

/** The noun of an object, or of the object that a key names. */
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
