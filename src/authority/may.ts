import type { GrantVerb } from '../model/grant.js';
import type { Reach } from '../model/grants.js';
import { pubIdName } from '../model/identity.js';
import type { Key, PubIdKey, SedGrpOfferKey } from '../model/key.js';
import { type Noun, nounOf } from '../model/noun.js';
import type { Obj } from '../model/obj.js';
import type { PubId } from '../model/pub-id.js';
import { spanOfPubId } from '../model/pub-id-span.js';
import { type Attr, notAllowed, type Result } from '../sppp/result.js';
import type { Caller } from './caller.js';
import { may, type OfferState, type Role, type Verb } from './table.js';

/**
 * Who may do what (RFC 7877 §9.2): the table, as far as the caller's grants reach. An organization that is not known
 * and one that is somebody else's get the same answer, so that nothing is told of what others have.
 */

/** Whether the caller may add an object under the registrar that it names; the refusal, or undefined. */
export function mayAdd(caller: Caller, subject: Obj): Result | undefined {
  if (subject.rar !== caller.registrar) return notAllowed('rar', subject.rar, 'not the authenticated registrar');
  return mayWrite(caller, 'add', subject, subject.rant);
}

/** Whether the caller may delete what a key names: an offer is the group's registrant's to take back. */
export function mayDelete(caller: Caller, key: Key): Result | undefined {
  return mayWrite(caller, 'delete', key, key.kind === 'SedGrpOfferKeyType' ? key.sedGrpKey.rant : key.rant);
}

/** Whether the caller may answer an offer, for the organization that it was made to (RFC 7877 §7.4, §7.5). */
export function mayAnswer(
  caller: Caller,
  verb: 'accept' | 'reject',
  { offeredTo }: SedGrpOfferKey,
): Result | undefined {
  if (reach(caller, verb, 'SedGrpOffer', 'recipient', offeredTo) !== undefined) return undefined;
  return notAllowed('offeredTo', offeredTo, whyNot(caller, verb, 'SedGrpOffer', offeredTo));
}

/** Whether the caller may read objects of this noun as their registrant's registrar. */
export function mayRead(caller: Caller, noun: Noun, rant: string): Result | undefined {
  return reach(caller, 'get', noun, 'registrant', rant) === undefined ? refused(caller, 'get', noun, rant) : undefined;
}

/** Whether the caller may look up as this organization. */
export function mayLookUp(caller: Caller, asker: string): boolean {
  return reach(caller, 'lookup', 'SedRec', 'registrant', asker) !== undefined;
}

/** Whether the caller may read an offer, whatever has become of it: both of its sides may. */
export function mayReadOffer(caller: Caller, { sedGrpKey, offeredTo }: SedGrpOfferKey): Result | undefined {
  const isRecipient = reach(caller, 'get', 'SedGrpOffer', 'recipient', offeredTo) !== undefined;
  return isRecipient ? undefined : mayRead(caller, 'SedGrpOffer', sedGrpKey.rant);
}

/** The rows of the organizations as whose registrar the caller may read what was offered to them and has come so far. */
export function readableFor(caller: Caller, noun: Noun, role: Role, state: OfferState): readonly number[] {
  return may('get', noun, role, state) ? caller.grants.reached('get', noun) : [];
}

/**
 * Whether an object that the caller writes may name an SED record or SED group. It is published by what names it, and
 * whether it can be named tells that it is there: so the caller must be able to read it, as the registrar of its
 * registrant, or of the registrant that it is shared with.
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

/** How far the caller's grants reach in a role that may do it at all. */
function reach(
  caller: Caller,
  verb: GrantVerb,
  noun: Noun,
  role: Role,
  orgId: string,
  state: OfferState = 'none',
): Reach | undefined {
  return may(verb, noun, role, state) ? caller.grants.reach(verb, noun, orgId) : undefined;
}

function refused(caller: Caller, verb: Verb, noun: Noun, rant: string): Result {
  return notAllowed('rant', rant, whyNot(caller, verb, noun, rant));
}

/** Tells of the caller's own grants only. */
function whyNot({ grants }: Caller, verb: Verb, noun: Noun, orgId: string): string {
  return grants.has(orgId) ? `the grant is not for ${verb} of ${noun}` : 'no grant for this registrant';
}

/** The element that holds the number, in an object or in a key. */
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
