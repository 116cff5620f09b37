import type { GrantVerb } from '../model/grant.js';
import type { WritableNumbers } from '../model/grants.js';
import { pubIdName } from '../model/identity.js';
import type { Key, PubIdKey, SedGrpOfferKey } from '../model/key.js';
import { rantOf } from '../model/key-of.js';
import { type Noun, nounOf } from '../model/noun.js';
import type { Obj } from '../model/obj.js';
import type { PubId } from '../model/pub-id.js';
import { spanOfPubId } from '../model/pub-id-span.js';
import { type Attr, notAllowed, type Result } from '../sppp/result.js';
import type { Caller } from './caller.js';
import { may, nouns, type OfferState, type Role, type Verb } from './table.js';

/**
 * The permissions of registrars (RFC 7877 §9.2): the table, limited by the caller's grants. An unknown organization and one of
 * another registrar get the same answer, so that a refusal says nothing about the objects of others.
 */

/** The refusal to add an object under the registrar that it names, or undefined. */
export function mayAdd(caller: Caller, subject: Obj): Result | undefined {
  if (subject.rar !== caller.registrar) return notAllowed('rar', subject.rar, 'not the authenticated registrar');
  return mayWrite(caller, 'add', subject, subject.rant);
}

/** The registrants for which the caller may add objects of this noun, perhaps within some numbers only. */
export function addableFor(caller: Caller, noun: Noun): readonly string[] {
  return caller.grants.registrants().filter((rant) => reach(caller, 'add', noun, 'registrant', rant) !== undefined);
}

/** The refusal to delete the object of a key, or undefined. */
export function mayDelete(caller: Caller, key: Key): Result | undefined {
  return mayWrite(caller, 'delete', key, rantOf(key));
}

/** The refusal to answer an offer for the organization that it was made to (RFC 7877 §7.4, §7.5), or undefined. */
export function mayAnswer(
  caller: Caller,
  verb: 'accept' | 'reject',
  { offeredTo }: SedGrpOfferKey,
): Result | undefined {
  if (reach(caller, verb, 'SedGrpOffer', 'recipient', offeredTo) !== undefined) return undefined;
  return notAllowed('offeredTo', offeredTo, whyNot(caller, verb, 'SedGrpOffer', offeredTo));
}

/** Whether the caller may say beforehand which offers to this organization are accepted: if it may accept them itself. */
export function mayAgree(caller: Caller, offeredTo: string): boolean {
  return reach(caller, 'accept', 'SedGrpOffer', 'recipient', offeredTo) !== undefined;
}

/** The row ids of the organizations for which the caller may accept offers. */
export function acceptsFor(caller: Caller): readonly number[] {
  return may('accept', 'SedGrpOffer', 'recipient') ? caller.grants.reached('accept', 'SedGrpOffer') : [];
}

/** The refusal to read objects of this noun as their registrant's registrar, or undefined. */
export function mayRead(caller: Caller, noun: Noun, rant: string): Result | undefined {
  return reach(caller, 'get', noun, 'registrant', rant) === undefined ? refused(caller, 'get', noun, rant) : undefined;
}

/** Whether the caller may look up as this organization. */
export function mayLookUp(caller: Caller, asker: string): boolean {
  return reach(caller, 'lookup', 'SedRec', 'registrant', asker) !== undefined;
}

/** The refusal to read an offer, or undefined: both of its sides may read it in every state. */
export function mayReadOffer(caller: Caller, { sedGrpKey, offeredTo }: SedGrpOfferKey): Result | undefined {
  const isRecipient = reach(caller, 'get', 'SedGrpOffer', 'recipient', offeredTo) !== undefined;
  return isRecipient ? undefined : mayRead(caller, 'SedGrpOffer', sedGrpKey.rant);
}

/** The row ids of the organizations for which the caller may read objects of this noun, in this role and offer state. */
export function readableFor(caller: Caller, noun: Noun, role: Role, state: OfferState): readonly number[] {
  return may('get', noun, role, state) ? caller.grants.reached('get', noun) : [];
}

/**
 * The row ids of the organizations whose events about objects of a noun the caller may read, by nouns: what it may not get, it
 * does not hear of either.
 */
export function hearableFor({ grants }: Caller): ReadonlyMap<Noun, ReadonlySet<number>> {
  const heard = nouns.filter((noun) => may('hear', noun, 'registrant'));
  return new Map(heard.map((noun) => [noun, new Set(grants.reached('get', noun))]));
}

/**
 * The refusal to name an SED record or SED group in an object that the caller writes, or undefined. An object publishes what
 * it names, and a successful reference proves that its target exists. So the caller has to be allowed to read the target, as
 * the registrar of its registrant or of a registrant that it is shared with.
 */
export function mayRefer(caller: Caller, noun: 'SedRec' | 'SedGrp', rant: string): Result | undefined {
  if (!may('refer', noun, 'registrant') || mayRead(caller, noun, rant)) return refused(caller, 'refer', noun, rant);
  return undefined;
}

function mayWrite(caller: Caller, verb: 'add' | 'delete', subject: Obj | Key, rant: string): Result | undefined {
  const noun = nounOf(subject);
  const numbers = reach(caller, verb, noun, 'registrant', rant);
  if (numbers === 'all numbers') return undefined;
  if (numbers === undefined) return refused(caller, verb, noun, rant);
  const pubId = subject as PubId | PubIdKey;
  const span = spanOfPubId(pubId);
  if (span !== undefined && numbers.hold(span)) return undefined;
  const { attrName, attrVal } = attrOfPubId(pubId);
  return notAllowed(attrName, attrVal, 'outside the numbers of the grant');
}

/** The reach of the caller's grants in a role that may do this at all; undefined: none. */
function reach(
  caller: Caller,
  verb: GrantVerb,
  noun: Noun,
  role: Role,
  orgId: string,
  state: OfferState = 'none',
): WritableNumbers | undefined {
  return may(verb, noun, role, state) ? caller.grants.reach(verb, noun, orgId) : undefined;
}

function refused(caller: Caller, verb: Verb, noun: Noun, rant: string): Result {
  return notAllowed('rant', rant, whyNot(caller, verb, noun, rant));
}

/** The reason of a refusal, made of the caller's own grants alone. */
function whyNot({ grants }: Caller, verb: Verb, noun: Noun, orgId: string): string {
  return grants.has(orgId) ? `the grant is not for ${verb} of ${noun}` : 'no grant for this registrant';
}

/** The element with the number, in an object or in a key. */
function attrOfPubId(subject: PubId | PubIdKey): Attr {
  const attrVal = pubIdName(subject).spelling;
  switch (subject.kind) {
    case 'TNType':
      return { attrName: 'tn', attrVal };
    case 'TNPType':
      return { attrName: 'tnPrefix', attrVal };
    case 'TNRType':
      return { attrName: 'range', attrVal };
    case 'RNType':
      return { attrName: 'rn', attrVal };
    case 'URIPubIdType':
      return { attrName: 'uri', attrVal };
    case 'PubIdKeyType':
      return {
        attrName: subject.number !== undefined ? 'value' : subject.range !== undefined ? 'range' : 'uri',
        attrVal,
      };
  }
}
