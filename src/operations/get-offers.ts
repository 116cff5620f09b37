import type { ClientBase } from 'pg';
import type { Caller } from '../authority/caller.js';
import { readableFor } from '../authority/may.js';
import type { Obj } from '../model/obj.js';
import { searchOffers } from '../registry/rows/sed-grp-offer-objects.js';
import type { Stored } from '../registry/rows/stored-objects.js';
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
): AsyncGenerator<Stored<Obj>[] | Result, void> {
  const keys = [];
  for (const { index, flaw, subject } of items) {
    if (flaw !== undefined) return yield about(valueInvalid(flaw), { index });
    if (!isOwnKey(subject)) keys.push(offerName(subject));
  }
  const { offeredBy, offeredTo, status } = head;
  const visibleTo = readableFor(caller, 'SedGrpOffer', 'registrant', 'none');
  const criteria = { visibleTo, offeredBy, offeredTo, status, keys };
  let last = 0;
  for (;;) {
    const offers = await searchOffers(db, criteria, last, READ_AT_ONCE);
    yield offers;
    if (offers.length < READ_AT_ONCE) return;
    last = offers.at(-1)?.id ?? last;
  }
}
