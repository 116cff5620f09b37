import type { NumberRange } from '../values/number-range.js';

export const objKeyTypes = ['SedGrp', 'DestGrp', 'SedRec', 'EgrRte'] as const;
export type ObjKeyTypeEnum = (typeof objKeyTypes)[number];

export const numberTypes = ['TN', 'TNPrefix', 'RN'] as const;
export type NumberTypeEnum = (typeof numberTypes)[number];

/** Names a destination group, SED group, SED record or egress route (RFC 7878 §7.1.1). */
export interface ObjKey {
  readonly kind: 'ObjKeyType';
  readonly rant: string;
  readonly name: string;
  readonly type: ObjKeyTypeEnum;
}

/** Names a public identifier by exactly one of number, range and URI (RFC 7878 §7.1.2). */
export interface PubIdKey {
  readonly kind: 'PubIdKeyType';
  readonly rant: string;
  readonly number?: { readonly value: string; readonly type: NumberTypeEnum };
  readonly range?: NumberRange;
  readonly uri?: string;
}

/** Names the offer of an SED group to an organization (RFC 7878 §7.1.3). */
export interface SedGrpOfferKey {
  readonly kind: 'SedGrpOfferKeyType';
  readonly sedGrpKey: ObjKey;
  readonly offeredTo: string;
}

export type Key = ObjKey | PubIdKey | SedGrpOfferKey;
