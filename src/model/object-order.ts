import { identityOf } from './identity.js';
import type { Key } from './key.js';
import { type Noun, nounOf } from './noun.js';
import type { Obj } from './obj.js';
import type { PubId } from './pub-id.js';
import { sedRecKindNames, sedRecKinds } from './sed-rec-kinds.js';

/** What lists of objects call a kind: the type of the object. */
export type ObjKind = Obj['kind'];

/** The kinds of public identifiers, by the names that their types have in the database, in the order of lists. */
export const pubIdKinds = {
  TN: 'TNType',
  TNRange: 'TNRType',
  TNPrefix: 'TNPType',
  RN: 'RNType',
  URI: 'URIPubIdType',
} as const satisfies Record<string, PubId['kind']>;

export type PubIdKindName = keyof typeof pubIdKinds;
export const pubIdKindNames = Object.keys(pubIdKinds) as PubIdKindName[];

const FIRST_PLACE = 0x41;

/**
 * The nouns with their kinds in the order in which lists of objects have them: an object comes behind those that it names.
 * The kinds of SED records share their names, and their place: a record keeps it when its kind changes.
 */
export const objectOrder: readonly { readonly noun: Noun; readonly kinds: readonly ObjKind[] }[] = [
  { noun: 'DestGrp', kinds: ['DestGrpType'] },
  { noun: 'SedRec', kinds: sedRecKindNames.map((name) => sedRecKinds[name].type) },
  { noun: 'SedGrp', kinds: ['SedGrpType'] },
  { noun: 'SedGrpOffer', kinds: ['SedGrpOfferType'] },
  { noun: 'EgrRte', kinds: ['EgrRteType'] },
  { noun: 'PubId', kinds: Object.values(pubIdKinds) },
];

/** All kinds, in that order. */
export const objKinds: readonly ObjKind[] = objectOrder.flatMap(({ kinds }) => kinds);

/**
 * One text per object, by which lists are sorted: compareCodePoints puts them in the order of their places, then of their
 * registrants, then of their folded names, digits or URIs. Objects and keys with the same text are about the same object.
 */
export function orderTextOf(subject: Obj | Key): string {
  const identity = identityOf(subject);
  return `${placeOf(subject, identity)}${identity}`;
}

/** The places of nouns, and of the kinds of public identifiers, as one character each. */
const places = new Map<string, string>(
  objectOrder
    .flatMap(({ noun }): string[] => (noun === 'PubId' ? pubIdKindNames : [noun]))
    .map((name, index) => [name, String.fromCharCode(FIRST_PLACE + index)]),
);

/** The place of an object in lists. The identity of a public identifier has its kind behind the registrant. */
function placeOf(subject: Obj | Key, identity: string): string {
  const noun = nounOf(subject);
  if (noun !== 'PubId') return places.get(noun) ?? '';
  const start = identity.indexOf('\n') + 1;
  return places.get(identity.slice(start, identity.indexOf('\n', start))) ?? '';
}
