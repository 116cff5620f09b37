import type { ClientBase } from 'pg';
import type { Caller } from '../authority/caller.js';
import { pubIdName } from '../objects/identity.js';
import type { Key } from '../objects/key.js';
import { type Noun, nounOf } from '../objects/noun.js';
import { findNamed, type Hold, type NamedTable } from '../registry/named-rows.js';
import { findPubIds, pubIdRowKey } from '../registry/pub-id-rows.js';
import type { Attr } from '../sppp/result.js';
import { rowName } from './references.js';

/** Nouns whose objects can be found by key. */
export type KeyNoun = Exclude<Noun, 'SedGrpOffer' | 'EgrRte'>;

const tables: Record<Exclude<KeyNoun, 'PubId'>, NamedTable> = {
  DestGrp: 'destination_group',
  SedRec: 'sed_record',
  SedGrp: 'sed_group',
};

export function keyNounOf(key: Key): KeyNoun | undefined {
  const noun = nounOf(key);
  return noun === 'SedGrpOffer' || noun === 'EgrRte' ? undefined : noun;
}

/** The registrant that a key's object belongs to. */
export function rantOf(key: Key): string {
  return key.kind === 'SedGrpOfferKeyType' ? key.sedGrpKey.rant : key.rant;
}

/** The element of a key that names its object, for a message about it. */
export function attrOf(key: Key): Attr {
  switch (key.kind) {
    case 'ObjKeyType':
      return { attrName: 'name', attrVal: key.name };
    case 'PubIdKeyType': {
      const attrName = key.number !== undefined ? 'value' : key.range !== undefined ? 'range' : 'uri';
      return { attrName, attrVal: pubIdName(key).spelling };
    }
    case 'SedGrpOfferKeyType':
      return { attrName: 'offeredTo', attrVal: key.offeredTo };
  }
}

/** The row id for each key of one noun, undefined where there is no such object. */
export async function findRows(
  db: ClientBase,
  noun: KeyNoun,
  keys: readonly Key[],
  caller: Caller,
  hold: Hold,
): Promise<(number | undefined)[]> {
  if (noun === 'PubId') {
    const names = keys.flatMap((key) =>
      key.kind === 'PubIdKeyType' ? [{ rantId: caller.grants.get(key.rant) ?? 0, ...pubIdName(key) }] : [],
    );
    const found = await findPubIds(db, names, hold);
    return names.map((name) => found.get(pubIdRowKey(name))?.id);
  }
  const names = keys.flatMap((key) => (key.kind === 'ObjKeyType' ? [rowName(caller, key.rant, key.name)] : []));
  const found = await findNamed(db, tables[noun], names, hold);
  return names.map((name) => found.get(name));
}
