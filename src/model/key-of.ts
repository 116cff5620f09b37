import type { PubIdName } from './identity.js';
import type { Key, ObjKeyTypeEnum, PubIdKey } from './key.js';
import type { Obj } from './obj.js';
import { isSedRec } from './sed-rec-kinds.js';

/** The key by which an object is got and deleted (RFC 7878 §7.1). */
export function keyOf(obj: Obj): Key {
  if (isSedRec(obj)) return named(obj.rant, 'SedRec', obj.sedName);
  switch (obj.kind) {
    case 'DestGrpType':
      return named(obj.rant, 'DestGrp', obj.dgName);
    case 'SedGrpType':
      return named(obj.rant, 'SedGrp', obj.sedGrpName);
    case 'EgrRteType':
      return named(obj.rant, 'EgrRte', obj.egrRteName);
    case 'SedGrpOfferType':
      return obj.sedGrpOfferKey;
    case 'TNType':
      return numbered(obj.rant, { number: { type: 'TN', value: obj.tn } });
    case 'TNPType':
      return numbered(obj.rant, { number: { type: 'TNPrefix', value: obj.tnPrefix } });
    case 'RNType':
      return numbered(obj.rant, { number: { type: 'RN', value: obj.rn } });
    case 'TNRType':
      return numbered(obj.rant, { range: obj.range });
    case 'URIPubIdType':
      return numbered(obj.rant, { uri: obj.uri });
  }
}

/** The registrant of the object that a key names; an offer belongs to that of its group. */
export function rantOf(key: Key): string {
  return key.kind === 'SedGrpOfferKeyType' ? key.sedGrpKey.rant : key.rant;
}

/** The key of a public identifier by its type and its value or spelling, as `pubIdName` has them. */
export function pubIdKeyOf(rant: string, type: PubIdName['type'], name: string): PubIdKey {
  switch (type) {
    case 'TNRange': {
      const [startRange = '', endRange = ''] = name.split('-');
      return numbered(rant, { range: { startRange, endRange } });
    }
    case 'URI':
      return numbered(rant, { uri: name });
    default:
      return numbered(rant, { number: { type, value: name } });
  }
}

function named(rant: string, type: ObjKeyTypeEnum, name: string): Key {
  return { kind: 'ObjKeyType', rant, name, type };
}

function numbered(rant: string, value: Pick<PubIdKey, 'number' | 'range' | 'uri'>): PubIdKey {
  return { kind: 'PubIdKeyType', rant, ...value };
}
