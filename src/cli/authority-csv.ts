import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { readAuthoritySpan } from '../objects/authority-span.js';
import { splitCsv } from '../objects/csv-line.js';
import { checkOrgId } from '../objects/org-id.js';
import { isRefusal } from '../objects/refusal.js';
import { AdministrationFault } from '../registry/administration.js';
import type { AuthorityRow } from '../registry/cor-authority.js';

const columns = ['number', 'carrier', 'space'] as const;

type Columns = ReadonlyMap<(typeof columns)[number], number>;

/** Faults that are told of at most. */
const MOST_TOLD = 10;

/** Characters of a line at most: no field is longer than an organization id. */
const LONGEST_LINE = 1000;

/**
 * Rows of a CSV file of authority data, as they are read; `-` is the standard input, `….gz` is unpacked.
 *
 * @throws AdministrationFault at the end of the file, or after ten faults: each with line, field, value and rule
 */
export async function* readAuthorityCsv(file: string): AsyncGenerator<AuthorityRow> {
  const bytes: Readable = file === '-' ? process.stdin : createReadStream(file);
  const plain: Readable = file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  if (plain !== bytes) bytes.on('error', (error) => plain.destroy(error));
  const lines = createInterface({ input: plain, crlfDelay: Number.POSITIVE_INFINITY });
  try {
    yield* readLines(lines);
  } catch (error) {
    if (error instanceof AdministrationFault || !(error instanceof Error)) throw error;
    throw new AdministrationFault(`${file}: ${error.message}`);
  }
}

/** The same of lines of text, the first of them the names of the columns. */
export async function* readLines(lines: AsyncIterable<string>): AsyncGenerator<AuthorityRow> {
  const faults: string[] = [];
  let header: Columns | undefined;
  let line = 0;
  for await (const text of lines) {
    line += 1;
    const content = line === 1 ? text.replace(/^\uFEFF/, '') : text;
    if (content.trim() === '' || content.startsWith('#')) continue;
    const fields = fieldsOf(content);
    const read = typeof fields === 'string' || header === undefined ? fields : readRow(fields, header, line);
    if (typeof read === 'string') faults.push(`line ${line}: ${read}`);
    else if ('carrier' in read) yield read;
    else {
      const names = readHeader(read);
      if (typeof names === 'string') faults.push(`line ${line}: ${names}`);
      else header = names;
    }
    if (faults.length === MOST_TOLD || (faults.length > 0 && header === undefined)) break;
  }
  if (header === undefined && faults.length === 0) faults.push('line 1: the names of the columns, number,carrier');
  if (faults.length > 0) throw new AdministrationFault(faults.join('\n'));
}

function fieldsOf(content: string): string[] | string {
  if (content.length > LONGEST_LINE) return `at most ${LONGEST_LINE} characters`;
  const fields = splitCsv(content);
  return isRefusal(fields) ? fields.error : fields.map((field) => field.trim());
}

function readHeader(fields: readonly string[]): Columns | string {
  const places = new Map<(typeof columns)[number], number>();
  for (const [place, field] of fields.entries()) {
    const column = columns.find((name) => name === field.toLowerCase());
    if (column === undefined) return `column ${field}: one of ${columns.join(', ')}, named in the first line`;
    if (places.has(column)) return `column ${field}: once`;
    places.set(column, place);
  }
  const lacking = columns.find((name) => name !== 'space' && !places.has(name));
  return lacking === undefined ? places : `column ${lacking}: not there`;
}

function readRow(fields: readonly string[], header: Columns, line: number): AuthorityRow | string {
  if (fields.length !== header.size) return `${fields.length} fields: ${header.size}, as the first line says`;
  const field = (name: (typeof columns)[number]) => fields[header.get(name) ?? -1] ?? '';
  const span = readAuthoritySpan(field('number'));
  if (isRefusal(span)) return `number ${field('number')}: ${span.error}`;
  const carrier = field('carrier');
  const refusal = checkOrgId(carrier);
  if (refusal !== undefined) return `carrier ${carrier}: ${refusal.error}`;
  const space = field('space').toUpperCase() || 'TN';
  if (space !== 'TN' && space !== 'RN') return `space ${field('space')}: TN or RN`;
  return { ...span, carrier, space, line };
}
