import type { Pool } from 'pg';
import { type FailedObject, type FailedPart, findFailed } from '../../registry/journal/failed-objects.js';
import { csvLines } from '../csv-lines.js';

/** Failed objects that are in memory at a time; each may have a value of some kilobytes. */
const AT_ONCE = 256;

const HEAD = [
  ...['index', 'verb', 'noun', 'identifier', 'registrant'],
  ...['code', 'attrName', 'attrVal', 'isCut', 'reason'],
];

/**
 * The failed objects of a request that are on record, in its order, as CSV (RFC 4180). They are read part by part, at the pace
 * of their reader.
 *
 * @returns the text in pieces, once the first ones are read
 */
export async function failuresCsv(pool: Pool, transactionId: number): Promise<AsyncGenerator<Buffer, void>> {
  const read = (after: number) => findFailed(pool, transactionId, after, AT_ONCE);
  return pieces(await read(0), read);
}

async function* pieces(first: FailedPart, read: (after: number) => Promise<FailedPart>): AsyncGenerator<Buffer, void> {
  yield csvLines([HEAD]);
  for (let part = first; ; part = await read(part.last)) {
    if (part.failed.length > 0) yield csvLines(part.failed.map(cells));
    if (part.last === undefined) return;
  }
}

function cells({ index, verb, noun, identifier, registrant, code, attrName, attrVal, isCut, reason }: FailedObject) {
  const names = [String(index), verb, noun, identifier ?? '', registrant];
  return [...names, String(code), attrName, attrVal, isCut ? 'yes' : 'no', reason ?? ''];
}
