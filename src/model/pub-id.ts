import type { NumberRange } from '../values/number-range.js';
import type { BasicObj, OwnExt } from './basic-obj.js';
import type { CorInfo } from './cor-info.js';
import type { SedRecRef } from './sed-rec-ref.js';

/** The common part of public identifiers: the destination groups they belong to, by name (RFC 7877 §6.2). */
interface BasicPubId extends BasicObj {
  readonly dgName: readonly string[];
}

/** A telephone number, the only identifier that can have SED records of its own. */
export interface Tn extends BasicPubId {
  readonly kind: 'TNType';
  readonly tn: string;
  readonly corInfo?: CorInfo;
  readonly sedRecRef: readonly SedRecRef[];
}

/** A range of telephone numbers, both ends included. */
export interface Tnr extends BasicPubId {
  readonly kind: 'TNRType';
  readonly range: NumberRange;
  readonly corInfo?: CorInfo;
}

/** A prefix: every telephone number that begins with it. */
export interface Tnp extends BasicPubId {
  readonly kind: 'TNPType';
  readonly tnPrefix: string;
  readonly corInfo?: CorInfo;
}

/** A routing number. */
export interface Rn extends BasicPubId {
  readonly kind: 'RNType';
  readonly rn: string;
  readonly corInfo?: CorInfo;
}

export interface UriPubId extends BasicPubId, OwnExt {
  readonly kind: 'URIPubIdType';
  readonly uri: string;
}

export type PubId = Tn | Tnr | Tnp | Rn | UriPubId;
