import type { ClientBase } from 'pg';
import type { Caller } from '../authority/caller.js';
import { mayRead, mayReadOffer, readableFor } from '../authority/may.js';
import type { SedGrpOfferKey } from '../model/key.js';
import type { Obj } from '../model/obj.js';
import { readDestGrps } from '../registry/rows/dest-grp-rows.js';
import { readEgrRtes } from '../registry/rows/egr-rte-rows.js';
import { readPubIds } from '../registry/rows/pub-id-objects.js';
import { findOffers, readOffers } from '../registry/rows/sed-grp-offer-rows.js';
import { readSedGrps } from '../registry/rows/sed-grp-rows.js';
import { readSedRecs } from '../registry/rows/sed-rec-rows.js';
import { findSharedSedGrps, findSharedSedRecs } from '../registry/rows/visibility.js';
import type { GetItem } from '../sppp/message.js';
import { about, type Result, valueInvalid } from '../sppp/result.js';
import { foldName } from '../values/fold-name.js';
import { findRows, isOwnKey, type OwnKey, type OwnNoun, ownNounOf } from './keys.js';
import { offerName } from './offers.js';

/** Objects of a large answer that are in memory at a time. */
export const READ_AT_ONCE = 512;

type Read = (db: ClientBase, ids: readonly number[]) => Promise<ReadonlyMap<number, Obj>>;

const reading: Record<OwnNoun, Read> = {
  DestGrp: readDestGrps,
  PubId: readPubIds,
  SedRec: readSedRecs,
  SedGrp: readSedGrps,
  EgrRte: readEgrRtes,
};

/**
 * Reads a run of objects by their keys: those that are there, in the order of the keys (RFC 7878 §7.2.6, §7.2.8). The
 * first key that is malformed, or that the caller may not read, is the result instead: the answer has no result per key.
 */
export async function getByKey(items: readonly GetItem[], db: ClientBase, caller: Caller): Promise<Obj[] | Result> {
  const flawed = items.find(({ flaw }) => flaw !== undefined);
  const own: KeyItem<OwnKey>[] = [];
  const offers: KeyItem<SedGrpOfferKey>[] = [];
  for (const { index, subject } of flawed === undefined ? items : items.slice(0, items.indexOf(flawed))) {
    if (isOwnKey(subject)) own.push({ index, subject });
    else offers.push({ index, subject });
  }
  const got = await (own.length > 0 ? getOwn(own, db, caller) : getOffersByKey(offers, db, caller));
  return flawed?.flaw !== undefined && Array.isArray(got) ? about(valueInvalid(flawed.flaw), flawed) : got;
}

type KeyItem<K> = { readonly index: number; readonly subject: K };

async function getOwn(items: readonly KeyItem<OwnKey>[], db: ClientBase, caller: Caller): Promise<Obj[] | Result> {
  const keys = items.map(({ subject }) => subject);
  const noun = ownNounOf(keys);
  const readable = keys.filter(({ rant }) => mayRead(caller, noun, rant) === undefined);
  const others = keys.filter(({ rant }) => mayRead(caller, noun, rant) !== undefined);
  const readableIds = readable.length > 0 ? await findRows(db, noun, readable, caller, 'no hold') : [];
  const ids = new Map(readable.map((key, index) => [key, readableIds[index]]));
  const shared = await findShared(noun, others, db, caller);
  const found = new Set<number>();
  for (const item of items) {
    const refused = mayRead(caller, noun, item.subject.rant);
    const id = refused === undefined ? ids.get(item.subject) : shared.get(item.subject);
    if (id !== undefined) found.add(id);
    else if (refused !== undefined) return about(refused, item);
  }
  const each = [...found];
  const objects = await reading[noun](db, each);
  return each.flatMap((id) => objects.get(id) ?? []).map((obj) => seenBy(caller, obj));
}

/** What others share with the caller: SED groups that were accepted, and their SED records. */
async function findShared(
  noun: OwnNoun,
  keys: readonly OwnKey[],
  db: ClientBase,
  caller: Caller,
): Promise<ReadonlyMap<OwnKey, number>> {
  const shared = new Map<OwnKey, number>();
  if (noun !== 'SedGrp' && noun !== 'SedRec') return shared;
  const named = keys.filter((key) => key.kind === 'ObjKeyType');
  const names = named.map(({ rant, name }) => ({ rant, nameKey: foldName(name) }));
  const find = noun === 'SedGrp' ? findSharedSedGrps : findSharedSedRecs;
  const ids = await find(db, names, readableFor(caller, noun, 'recipient', 'accepted'));
  named.forEach((key, index) => {
    const id = ids[index];
    if (id !== undefined) shared.set(key, id);
  });
  return shared;
}

/** A peer does not learn who the other peers are. */
function seenBy(caller: Caller, obj: Obj): Obj {
  if (obj.kind !== 'SedGrpType' || mayRead(caller, 'SedGrp', obj.rant) === undefined) return obj;
  return { ...obj, peeringOrg: obj.peeringOrg.filter((peer) => caller.grants.reach('get', 'SedGrp', peer)) };
}

async function getOffersByKey(
  items: readonly KeyItem<SedGrpOfferKey>[],
  db: ClientBase,
  caller: Caller,
): Promise<Obj[] | Result> {
  for (const item of items) {
    const refused = mayReadOffer(caller, item.subject);
    if (refused !== undefined) return about(refused, item);
  }
  const found = await findOffers(
    db,
    items.map(({ subject }) => offerName(subject)),
  );
  const ids = [...new Set(found.flatMap(({ offerId }) => offerId ?? []))];
  const offers = await readOffers(db, ids);
  return ids.flatMap((id) => offers.get(id) ?? []);
}
