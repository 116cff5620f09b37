import type { ObjKey } from './key.js';

/** A reference to an SED record, with the record's priority there: lower first (RFC 7877 §6.3). */
export interface SedRecRef {
  readonly sedKey: ObjKey;
  readonly priority: number;
  readonly ext?: string;
}
