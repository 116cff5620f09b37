import type { Key, SedGrpOfferKey } from '../model/key.js';
import type { Obj } from '../model/obj.js';

/** One change of a request: an object to add, a key to delete, or an offer to accept or to reject (RFC 7878 §7.2.5). */
export type ChangeItem =
  | { readonly verb: 'add'; readonly subject: Obj }
  | { readonly verb: 'delete'; readonly subject: Key }
  | { readonly verb: 'accept' | 'reject'; readonly subject: SedGrpOfferKey };

export type ChangeVerb = ChangeItem['verb'];
