import type { ClientBase } from 'pg';
import type { Caller } from '../authority/caller.js';
import { readableFor } from '../authority/may.js';
import type { Obj } from '../model/obj.js';
import { readOffers, searchOffers } from '../registry/rows/sed-grp-offer-rows.js';
import type { GetItem, Head } from '../sppp/message.js';
import { about, type Result, valueInvalid } from '../sppp/result.js';
import { READ_AT_ONCE } from './get.js';
import { isOwnKey } from './keys.js';
import { offerName } from './offers.js';

/**
 * Reads the offers that meet all kinds of criteria, oldest first, some at a time; without any, all that were made by or
 * to a registrant that the caller may act for (RFC 7878 §7.2.7). A malformed key is the result instead.
 */
export async function* getOffers(
  head: Head,
  items: readonly GetItem[],
  db: ClientBase,
  caller: Caller,
): AsyncGenerator<Obj[] | Result, void> {
  const keys = [];
  for (const { index, flaw, subject } of items) {
    if (flaw !== undefined) return yield about(valueInvalid(flaw), { index });
    if (!isOwnKey(subject)) keys.push(offerName(subject));
  }
  const { offeredBy, offeredTo, status } = head;
  const ids = await searchOffers(db, {
    visibleTo: readableFor(caller, 'SedGrpOffer', 'registrant', 'none'),
    offeredBy,
    offeredTo,
    status,
    keys,
  });
  for (let start = 0; start < ids.length; start += READ_AT_ONCE) {
    const some = ids.slice(start, start + READ_AT_ONCE);
    const offers = await readOffers(db, some);
    yield some.flatMap((id) => offers.get(id) ?? []);
  }
}
