import { type GrantVerb, grantNouns, grantVerbs } from '../model/grant.js';
import type { Noun } from '../model/noun.js';

/** Whose registrar the caller is: the object's registrant's, or that of an organization it is offered to. */
export type Role = 'registrant' | 'recipient';

/** How far an offer has come: of the group, of a group that the record is in, or the offer itself. */
export type OfferState = 'none' | 'offered' | 'accepted';

/** What is done to an object; `refer` is done to what another object names. */
export type Verb = GrantVerb | 'refer';

export const verbs: readonly Verb[] = [...grantVerbs, 'refer'];
export const nouns: readonly Noun[] = grantNouns;

type States = readonly OfferState[];
type Row = Readonly<Partial<Record<Role, States>>>;

const always: States = ['none', 'offered', 'accepted'];
const own: Row = { registrant: always };
const shared: Row = { registrant: always, recipient: ['accepted'] };
const bothSides: Row = { registrant: always, recipient: always };
const answered: Row = { recipient: always };
const nobody: Row = {};

const ownOfEach = {
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
 * Who may do what to which object (RFC 7877 §3.1, §6.3, §6.5, §7, §9.2), as far as the grants let the registrar act in
 * that role. Who is in neither role may do nothing. Which registrar added an object does not count (RFC 7877 §4.6).
 */
const table: Readonly<Record<Verb, Readonly<Record<Noun, Row>>>> = {
  add: ownOfEach,
  delete: ownOfEach,
  accept: offersAlone,
  reject: offersAlone,
  // Asking as an organization which SED records it gets; whose they are is for the look-up to judge.
  lookup: { ...nothing, SedRec: own },
  get: { ...ownOfEach, SedRec: shared, SedGrp: shared, SedGrpOffer: bothSides },
  refer: { ...nothing, SedRec: own, SedGrp: shared },
};

/** Whether somebody in this role may, an offer to the recipient having come so far. */
export function may(verb: Verb, noun: Noun, role: Role, state: OfferState = 'none'): boolean {
  return table[verb][noun][role]?.includes(state) ?? false;
}

/** Whether there is such an operation at all. */
export function isAsked(verb: Verb, noun: Noun): boolean {
  return table[verb][noun] !== nobody;
}
