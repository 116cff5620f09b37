import type { SedGrpOfferKey } from '../model/key.js';
import type { Fields } from '../sppp/grammar.js';

/** The key of the registrant's offer of its SED group to an organization. */
export function offerKeyFrom(rant: string, sedGrpName: string, offeredTo: string): SedGrpOfferKey {
  const sedGrpKey = { kind: 'ObjKeyType', rant, name: sedGrpName, type: 'SedGrp' } as const;
  return { kind: 'SedGrpOfferKeyType', sedGrpKey, offeredTo };
}

/**
 * What the schema wants of an offer and the registry sets itself (RFC 7877 §6.5). The value has no meaning; one for all keeps
 * requests alike.
 */
export const offerStandIns: Fields = { status: 'offered', offerDateTime: '1970-01-01T00:00:00Z' };
