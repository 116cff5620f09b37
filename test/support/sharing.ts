import { b, expectDone, range, ref, sedGrp, uriRec } from './carrier.js';
import { destGrp, type Owner, obj } from './message.js';
import { offer, offerKey, type Party } from './peering.js';

/** Objects that a registrant provisions for its peers and shares with them. */

export const dgName = (name: string) => b('dgName', name);

export function naptr(name: string, content: string, owner?: Owner): string {
  return obj('NAPTRType', b('sedName', name) + b('isInSvc', true) + content, owner);
}

export interface SipNaptr {
  readonly order?: number;
  readonly svcs?: string;
  /** Seconds. */
  readonly ttl?: number;
}

/** A NAPTR that leads every number to a host. */
export function sipNaptr(name: string, host: string, { order = 10, svcs = 'E2U+sip', ttl }: SipNaptr = {}): string {
  const rule = b('regx', b('ere', '^(.*)$') + b('repl', `sip:\\1@${host}`));
  const lasts = ttl === undefined ? '' : b('ttl', ttl);
  return naptr(name, lasts + b('order', order) + b('flags', 'u') + b('svcs', svcs) + rule);
}

/** An owner shares an SED group of SSP2, and its destination groups, with a peer. */
export async function share(owner: Party, group: string, peer: Party, offeredTo: string): Promise<void> {
  expectDone(await owner.add(offer(group, offeredTo)));
  expectDone(await peer.accept(offerKey(group, offeredTo)));
}

/** The numbers +12025550100 to …199 of SSP2, and two SED groups for them, a golden and a plain one. */
export const twoWaysIn: readonly string[] = [
  destGrp('DG_SELECTIVE'),
  obj('TNRType', dgName('DG_SELECTIVE') + range('+12025550100', '+12025550199')),
  obj('URIType', uriRec('SBE_GOLD', 'sip:\\1@gold.ssp2.example')),
  obj('URIType', uriRec('SBE_PLAIN', 'sip:\\1@plain.ssp2.example')),
  obj('SedGrpType', sedGrp('SG_GOLD', ref('SBE_GOLD', 10) + dgName('DG_SELECTIVE'))),
  obj('SedGrpType', sedGrp('SG_PLAIN', ref('SBE_PLAIN', 10) + dgName('DG_SELECTIVE'))),
];
