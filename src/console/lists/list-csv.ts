import type { Pool } from 'pg';
import { quotedCsvField } from '../../forms/csv-fields.js';
import type { Place } from '../../registry/find/walk.js';
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
  yield lines([[...list.head]]);
  for (let page = first; ; page = await read(page.next)) {
    const rows = page.objects.map((object) => cellsOf(object).map((cell) => cell.map(({ text }) => text).join('; ')));
    if (rows.length > 0) yield lines(rows);
    if (page.next === undefined) return;
  }
}

/** Every cell is in quotes: a spreadsheet that takes semicolons for separators parts none. */
function lines(rows: readonly (readonly string[])[]): Buffer {
  const quoted = (text: string) => quotedCsvField(unevaluated(text));
  return Buffer.from(rows.map((row) => `${row.map(quoted).join(',')}\r\n`).join(''));
}

/** A text that a spreadsheet would take for a formula, with an apostrophe before it, by which it is text. */
function unevaluated(text: string): string {
  return /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/.test(text) ? `'${text}` : text;
}
