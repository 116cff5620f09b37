import { type GrantVerb, grantNouns, grantVerbs } from '../model/grant.js';
import type { Noun } from '../model/noun.js';

/** The caller's role: registrar of the object's registrant, or of an organization that the object is offered to. */
export type Role = 'registrant' | 'recipient';

/** The state of an offer: of the group, of a group with the record, or of the offer itself. */
export type OfferState = 'none' | 'offered' | 'accepted';

/** An operation on an object; `refer` is to name the object in another one, `hear` to be told of it by an event. */
export type Verb = GrantVerb | 'refer' | 'hear';

export const verbs: readonly Verb[] = [...grantVerbs, 'refer', 'hear'];
export const nouns: readonly Noun[] = grantNouns;

type States = readonly OfferState[];
type Row = Readonly<Partial<Record<Role, States>>>;

const always: States = ['none', 'offered', 'accepted'];
const own: Row = { registrant: always };
const shared: Row = { registrant: always, recipient: ['accepted'] };
const bothSides: Row = { registrant: always, recipient: always };
const answered: Row = { recipient: always };
const nobody: Row = {};

const ownObjects = {
  DestGrp: own,
  PubId: own,
  SedRec: own,
  SedGrp: own,
  SedGrpOffer: own,
  EgrRte: own,
};
const nothing = {
  DestGrp: nobody,
  PubId: nobody,
  SedRec: nobody,
  SedGrp: nobody,
  SedGrpOffer: nobody,
  EgrRte: nobody,
};
const offersAlone = { ...nothing, SedGrpOffer: answered };

/**
 * The roles that may do an operation (RFC 7877 §3.1, §6.3, §6.5, §7, §9.2), within the limits of grants. A registrar in
 * neither role may do nothing. It does not matter which registrar added an object (RFC 7877 §4.6).
 */
const table: Readonly<Record<Verb, Readonly<Record<Noun, Row>>>> = {
  add: ownObjects,
  delete: ownObjects,
  accept: offersAlone,
  reject: offersAlone,
  // A look-up as an organization; the look-up itself decides which SED records that organization gets.
  lookup: { ...nothing, SedRec: own },
  get: { ...ownObjects, SedRec: shared, SedGrp: shared, SedGrpOffer: bothSides },
  refer: { ...nothing, SedRec: own, SedGrp: shared },
  // Each event about an offer is for one of its sides.
  hear: { ...ownObjects, SedGrpOffer: bothSides },
};

/** Whether a registrar in this role may do it, given the state of an offer to the recipient. */
export function may(verb: Verb, noun: Noun, role: Role, state: OfferState = 'none'): boolean {
  return table[verb][noun][role]?.includes(state) ?? false;
}

/** Whether the protocol has such an operation at all. */
export function isAsked(verb: Verb, noun: Noun): boolean {
  return table[verb][noun] !== nobody;
}
