import type { BasicObj } from './basic-obj.js';

/** Destination group: numbers and URIs that share session establishment data (RFC 7877 §6.1). */
export interface DestGrp extends BasicObj {
  readonly kind: 'DestGrpType';
  readonly dgName: string;
}
