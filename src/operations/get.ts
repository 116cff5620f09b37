import type { ClientBase } from 'pg';
import type { Caller } from '../authority/caller.js';
import { mayRead, mayReadOffer, readableFor } from '../authority/may.js';
import type { Key, ObjKey } from '../model/key.js';
import { nounOf } from '../model/noun.js';
import type { Obj } from '../model/obj.js';
import type { SedGrp } from '../model/sed-grp.js';
import { readDestGrps } from '../registry/rows/dest-grp-objects.js';
import { readEgrRtes } from '../registry/rows/egr-rte-objects.js';
import { readPubIds } from '../registry/rows/pub-id-objects.js';
import { readSedGrps } from '../registry/rows/sed-grp-objects.js';
import { readOffers } from '../registry/rows/sed-grp-offer-objects.js';
import { readSedRecs } from '../registry/rows/sed-rec-objects.js';
import type { SharedName, Stored } from '../registry/rows/stored-objects.js';
import type { GetItem } from '../sppp/message.js';
import { about, type Result, valueInvalid } from '../sppp/result.js';
import { foldName } from '../values/fold-name.js';
import { isOwnKey, ownNounOf, pubIdNames } from './keys.js';
import { offerName } from './offers.js';

/** Objects of a large answer that are in memory at a time. */
export const READ_AT_ONCE = 512;

/** Keys of a run, judged by what is known without the database. */
export interface JudgedKeys {
  /** Whether the caller may read all of them, so that they are answered with whatever is found. */
  readonly isCertain: boolean;
  /** Asks the database at once, if at all; the objects in the order of the keys, or why there are none. */
  read(db: ClientBase): Promise<Stored<Obj>[] | Result>;
}

/**
 * Judges a run of keys. They are answered with the objects that are there, in the order of the keys (RFC 7878 §7.2.6,
 * §7.2.8). The first key that is malformed, or that the caller may not read, is the result instead: the answer has no result
 * per key.
 */
export function judgeKeys(items: readonly GetItem[], caller: Caller): JudgedKeys {
  const at = items.findIndex((item) => refusalOf(item, caller) !== undefined);
  const readable = at < 0 ? items : items.slice(0, at);
  // Whether it is shared with the caller shows when it is found.
  const foreign = readable.filter((item) => grantLacks(item, caller) !== undefined);
  if (at < 0) return { isCertain: foreign.length === 0, read: (db) => readKeys(readable, db, caller) };
  const refused = refusalOf(items[at] as GetItem, caller) as Result;
  return {
    isCertain: false,
    read: async (db) => {
      const found = foreign.length === 0 ? [] : await readKeys(foreign, db, caller);
      return Array.isArray(found) ? refused : found;
    },
  };
}

/** Why a key is refused, whatever is found; undefined if it is not, or not for certain. */
function refusalOf(item: GetItem, caller: Caller): Result | undefined {
  if (item.flaw !== undefined) return about(valueInvalid(item.flaw), item);
  const noun = nounOf(item.subject);
  return noun === 'SedGrp' || noun === 'SedRec' ? undefined : grantLacks(item, caller);
}

/** Why the caller may not read what a key names, as its registrant's registrar or as a side of the offer. */
function grantLacks(item: GetItem, caller: Caller): Result | undefined {
  const { subject } = item;
  const refused = isOwnKey(subject) ? mayRead(caller, nounOf(subject), subject.rant) : mayReadOffer(caller, subject);
  return refused && about(refused, item);
}

/** The objects that are there; the refusal instead, if one is neither the caller's own nor shared with it. */
async function readKeys(items: readonly GetItem[], db: ClientBase, caller: Caller): Promise<Stored<Obj>[] | Result> {
  const stored = await readObjects(
    items.map(({ subject }) => subject),
    db,
    caller,
  );
  const found: Stored<Obj>[] = [];
  for (const [index, item] of items.entries()) {
    const one = stored[index];
    if (one !== undefined) {
      found.push(one);
      continue;
    }
    const refused = grantLacks(item, caller);
    if (refused !== undefined) return refused;
  }
  return found;
}

/** The objects of keys of one noun that the caller may read or that are shared with it; undefined where there is none. */
export async function readObjects(
  keys: readonly Key[],
  db: ClientBase,
  caller: Caller,
): Promise<readonly (Stored<Obj> | undefined)[]> {
  const own = keys.filter(isOwnKey);
  if (own.length === 0) return readOffers(db, keys.filter((key) => !isOwnKey(key)).map(offerName));
  const noun = ownNounOf(own);
  if (noun === 'PubId') return readPubIds(db, pubIdNames(own, caller));
  const names = own.flatMap((key) => (key.kind === 'ObjKeyType' ? [nameOf(key, caller)] : []));
  if (noun === 'DestGrp') return readDestGrps(db, names);
  if (noun === 'EgrRte') return readEgrRtes(db, names);
  const peers = readableFor(caller, noun, 'recipient', 'accepted');
  if (noun === 'SedRec') return readSedRecs(db, names, peers);
  const groups = await readSedGrps(db, names, peers);
  return groups.map((group) => group && { ...group, object: seenBy(caller, group.object) });
}

function nameOf({ rant, name, type }: ObjKey, caller: Caller): SharedName {
  return { rant, nameKey: foldName(name), isOwn: mayRead(caller, type, rant) === undefined };
}

/** A peer does not learn who the other peers are. */
function seenBy(caller: Caller, group: SedGrp): SedGrp {
  if (mayRead(caller, 'SedGrp', group.rant) === undefined) return group;
  return { ...group, peeringOrg: group.peeringOrg.filter((peer) => caller.grants.reach('get', 'SedGrp', peer)) };
}
