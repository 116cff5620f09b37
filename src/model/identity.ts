import { digitsOf } from '../values/digits.js';
import { foldName } from '../values/fold-name.js';
import type { NumberRange } from '../values/number-range.js';
import type { Key, PubIdKey, SedGrpOfferKey } from './key.js';
import { nounOf } from './noun.js';
import type { Obj } from './obj.js';
import type { PubId } from './pub-id.js';
import { isSedRec } from './sed-rec-kinds.js';

/** The name of a public identifier among those of its registrant: kind and canonical value (RFC 7877 §6.2). */
export interface PubIdName {
  readonly type: 'TN' | 'TNRange' | 'TNPrefix' | 'RN' | 'URI';
  /** Digits, `start-end` in digits, or the URI. */
  readonly value: string;
  /** The same as the client wrote it. */
  readonly spelling: string;
}

/** The type and value that identify a public identifier, object or key (RFC 7878 §7.1.2). */
export function pubIdName(subject: PubId | PubIdKey): PubIdName {
  switch (subject.kind) {
    case 'TNType':
      return numbered('TN', subject.tn);
    case 'TNPType':
      return numbered('TNPrefix', subject.tnPrefix);
    case 'RNType':
      return numbered('RN', subject.rn);
    case 'TNRType':
      return ranged(subject.range);
    case 'URIPubIdType':
      return { type: 'URI', value: subject.uri, spelling: subject.uri };
    case 'PubIdKeyType':
      if (subject.number !== undefined) return numbered(subject.number.type, subject.number.value);
      if (subject.range !== undefined) return ranged(subject.range);
      return { type: 'URI', value: subject.uri ?? '', spelling: subject.uri ?? '' };
  }
}

/**
 * One text per object that a registry can hold: two objects or keys with the same identity are about the same row.
 * Names compare case-folded (RFC 7877 §5.2), numbers by their digits.
 */
export function identityOf(subject: Obj | Key): string {
  if (isSedRec(subject)) return named(subject, subject.sedName);
  switch (subject.kind) {
    case 'DestGrpType':
      return named(subject, subject.dgName);
    case 'SedGrpType':
      return named(subject, subject.sedGrpName);
    case 'EgrRteType':
      return named(subject, subject.egrRteName);
    case 'ObjKeyType':
      return named(subject, subject.name);
    case 'SedGrpOfferType':
      return offered(subject.sedGrpOfferKey);
    case 'SedGrpOfferKeyType':
      return offered(subject);
    default: {
      const { type, value } = pubIdName(subject);
      return `${subject.rant}\n${type}\n${value}`;
    }
  }
}

function named(subject: (Obj | Key) & { readonly rant: string }, name: string): string {
  return `${subject.rant}\n${nounOf(subject)}\n${foldName(name)}`;
}

function offered({ sedGrpKey, offeredTo }: SedGrpOfferKey): string {
  return `${identityOf(sedGrpKey)}\n${offeredTo}`;
}

function numbered(type: 'TN' | 'TNPrefix' | 'RN', spelling: string): PubIdName {
  return { type, value: digits(spelling), spelling };
}

function ranged({ startRange, endRange }: NumberRange): PubIdName {
  return {
    type: 'TNRange',
    value: `${digits(startRange)}-${digits(endRange)}`,
    spelling: `${startRange}-${endRange}`,
  };
}

/** An invalid number stays as it is: it was refused before, and still needs an identity. */
function digits(number: string): string {
  const read = digitsOf(number);
  return typeof read === 'string' ? read : number;
}
