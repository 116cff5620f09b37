import type { Pool } from 'pg';
import type { Obj } from '../../model/obj.js';
import { readObjects } from '../../operations/get.js';
import { listNamed } from '../../registry/find/list-named.js';
import { listOffers } from '../../registry/find/list-offers.js';
import type { Listed, ListedPage, ListPage } from '../../registry/find/list-page.js';
import { listPubIds } from '../../registry/find/list-pub-ids.js';
import type { Place } from '../../registry/find/walk.js';
import { refused } from '../query.js';
import { readerOfAll } from '../reader.js';
import type { Visitor } from '../visitor.js';
import { namedFilter, offerFilter, pubIdFilter } from './list-filters.js';
import type { ListQuery } from './list-query.js';

/** Objects of a page, and where the pages before and behind it end and begin, if there may be any. */
export interface ListState {
  readonly objects: readonly Obj[];
  readonly next: Place | undefined;
  readonly previous: Place | undefined;
}

/**
 * A page of a list, of what its visitor may see: what a Get of each object would answer.
 *
 * @param max objects at most
 * @throws HttpRefusedError 400 for an order or a filter by which so many objects cannot be shown
 */
export async function readList(pool: Pool, query: ListQuery, visitor: Visitor, max: number): Promise<ListState> {
  const { isDescending, after, before } = query;
  const page = { isBackward: isDescending !== (before !== undefined), from: before ?? after, max };
  const { objects: walked, end } = await keysOf(pool, query, visitor, page);
  const listed = before === undefined ? walked : [...walked].reverse();
  const [first, last] = [listed[0]?.place, listed.at(-1)?.place];
  return {
    objects: await objectsOf(pool, listed, visitor),
    next: before === undefined ? end : last,
    previous: before !== undefined ? end : after && first,
  };
}

async function keysOf(pool: Pool, query: ListQuery, visitor: Visitor, page: ListPage): Promise<ListedPage> {
  const { noun } = query.list;
  const listed =
    noun === 'PubId'
      ? await listPubIds(pool, await pubIdFilter(pool, query, visitor), page)
      : noun === 'SedGrpOffer'
        ? await listOffers(pool, await offerFilter(pool, query, visitor), page)
        : await listNamed(pool, await namedFilter(pool, query, noun, visitor), page);
  if (listed !== undefined) return listed;
  throw noun === 'PubId'
    ? refused('sort', query.sort, 'added, as these are many; or say how the numbers begin, or in which group they are')
    : refused('shared', 'yes', 'together with a registrant, as more are shared with you than can be sorted');
}

/** The objects of keys. One may have been deleted a moment ago. */
async function objectsOf(pool: Pool, listed: readonly Listed[], visitor: Visitor): Promise<Obj[]> {
  if (listed.length === 0) return [];
  const client = await pool.connect();
  try {
    const keys = listed.map(({ key }) => key);
    const stored = await readObjects(keys, client, readerOfAll(listed, visitor));
    return stored.flatMap((each) => (each === undefined ? [] : [each.object]));
  } finally {
    client.release();
  }
}
