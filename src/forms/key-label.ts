import { pubIdName } from '../model/identity.js';
import type { Key } from '../model/key.js';
import type { Obj } from '../model/obj.js';
import { isSedRec } from '../model/sed-rec-kinds.js';

/** The text by which a user knows an object: its number or its name as written, of an offer `group/organization`. */
export function keyLabel(subject: Obj | Key): string {
  if (isSedRec(subject)) return subject.sedName;
  switch (subject.kind) {
    case 'DestGrpType':
      return subject.dgName;
    case 'SedGrpType':
      return subject.sedGrpName;
    case 'EgrRteType':
      return subject.egrRteName;
    case 'ObjKeyType':
      return subject.name;
    case 'SedGrpOfferType':
      return keyLabel(subject.sedGrpOfferKey);
    case 'SedGrpOfferKeyType':
      return `${subject.sedGrpKey.name}/${subject.offeredTo}`;
    default:
      return pubIdName(subject).spelling;
  }
}
