import type { ClientBase } from 'pg';
import type { Caller } from '../authority/caller.js';
import { pubIdName } from '../model/identity.js';
import type { Key, PubIdKey, SedGrpOfferKey } from '../model/key.js';
import { type Noun, nounOf } from '../model/noun.js';
import type { PubId } from '../model/pub-id.js';
import { findPubIds } from '../registry/rows/find-pub-ids.js';
import { findNamed, type Hold, type NamedTable } from '../registry/rows/named-rows.js';
import type { PubIdKeyName } from '../registry/rows/pub-id-objects.js';
import { pubIdRowKey } from '../registry/rows/pub-id-row.js';
import type { Attr } from '../sppp/result.js';
import { rantIdOf, rowNameOf } from './known-rows.js';

/** Nouns whose objects belong to one registrant alone. */
export type OwnNoun = Exclude<Noun, 'SedGrpOffer'>;

/** A key of an object that belongs to one registrant alone. */
export type OwnKey = Exclude<Key, SedGrpOfferKey>;

const tables: Record<Exclude<OwnNoun, 'PubId'>, NamedTable> = {
  DestGrp: 'destination_group',
  SedRec: 'sed_record',
  SedGrp: 'sed_group',
  EgrRte: 'egress_route',
};

/** The noun of a run of keys, all of which are about it. */
export function ownNounOf(keys: readonly OwnKey[]): OwnNoun {
  const noun = keys[0] === undefined ? 'DestGrp' : nounOf(keys[0]);
  if (noun === 'SedGrpOffer') throw new Error('an offer belongs to two organizations');
  return noun;
}

/** Whether a key is about an object that belongs to one registrant alone: all but offers are. */
export function isOwnKey(key: Key): key is OwnKey {
  return key.kind !== 'SedGrpOfferKeyType';
}

/** The element of a key that names its object, for a message about it. */
export function attrOf(key: OwnKey): Attr {
  if (key.kind === 'ObjKeyType') return { attrName: 'name', attrVal: key.name };
  const attrName = key.number !== undefined ? 'value' : key.range !== undefined ? 'range' : 'uri';
  return { attrName, attrVal: pubIdName(key).spelling };
}

/** The row id for each key of one noun, undefined where there is no such object. */
export async function findRows(
  db: ClientBase,
  noun: OwnNoun,
  keys: readonly OwnKey[],
  caller: Caller,
  hold: Hold,
): Promise<(number | undefined)[]> {
  if (noun === 'PubId') {
    const names = pubIdNames(keys, caller);
    const ids = await findPubIds(db, names);
    return names.map((name) => ids.get(pubIdRowKey(name)));
  }
  const names = keys.flatMap((key) => (key.kind === 'ObjKeyType' ? [rowNameOf(caller, key.rant, key.name)] : []));
  const found = await findNamed(db, tables[noun], names, hold);
  return names.map((name) => found.get(name));
}

/** How the rows of public identifiers are found. */
export function pubIdNames(keys: readonly OwnKey[], caller: Caller): PubIdKeyName[] {
  return keys.flatMap((key) => (key.kind === 'PubIdKeyType' ? [pubIdKeyName(key, caller)] : []));
}

/** How the row of a public identifier is found. */
export function pubIdKeyName(subject: PubId | PubIdKey, caller: Caller): PubIdKeyName {
  const { rant } = subject;
  const { type, value } = pubIdName(subject);
  return { rant, rantId: rantIdOf(caller, rant), type, value };
}
