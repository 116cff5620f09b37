import type { Pool } from 'pg';
import type { Place } from '../../registry/find/walk.js';
import { csvLines } from '../csv-lines.js';
import type { Visitor } from '../visitor.js';
import { type ListState, readList } from './list.js';
import { cellsOf } from './list-cells.js';
import type { ListQuery } from './list-query.js';

/** Objects that are in memory at a time. */
const AT_ONCE = 256;

/**
 * All objects of a list as CSV (RFC 4180), with the columns and in the order of its pages. It is read page by page, at the
 * pace of its reader, and holds no connection in between: an object that changes meanwhile is there as it was or as it is.
 *
 * @returns the text in pieces, once the first objects are read
 * @throws HttpRefusedError what `readList` throws
 */
export async function listCsv(pool: Pool, query: ListQuery, visitor: Visitor): Promise<AsyncGenerator<Buffer, void>> {
  const read = (after: Place | undefined) => readList(pool, { ...query, after, before: undefined }, visitor, AT_ONCE);
  return pieces(query, await read(undefined), read);
}

async function* pieces(
  { list }: ListQuery,
  first: ListState,
  read: (after: Place) => Promise<ListState>,
): AsyncGenerator<Buffer, void> {
  yield csvLines([list.head]);
  for (let page = first; ; page = await read(page.next)) {
    const rows = page.objects.map((object) => cellsOf(object).map((cell) => cell.map(({ text }) => text).join('; ')));
    if (rows.length > 0) yield csvLines(rows);
    if (page.next === undefined) return;
  }
}
