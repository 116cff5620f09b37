import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { csvFields, unreadableFields } from '../forms/csv-fields.js';
import { spreadsheetHint } from '../forms/spreadsheet-hint.js';
import { type Line, textLines } from '../forms/text-lines.js';
import { unpacked } from '../forms/unpacked.js';
import { readAuthoritySpan } from '../model/authority-span.js';
import { OperatorError } from '../operator-error.js';
import type { AuthorityRow } from '../registry/cor/authority.js';
import { checkNewOrgId } from '../values/org-id.js';
import { isRefusal } from '../values/refusal.js';
import { visible } from '../values/visible.js';

const columns = ['number', 'carrier', 'space'] as const;

type Columns = ReadonlyMap<(typeof columns)[number], number>;

/** Faults in one report. */
const MAX_FAULTS = 10;

/** Characters of a line: no field is longer than an organization id. */
const MAX_LINE_LENGTH = 1000;

/** Carriers that need not follow the rule for new organization ids, because they are in the registry already. */
export interface KnownCarriers {
  has(orgId: string): boolean;
}

/**
 * The rows of a CSV file of authority data, read as a stream; `-` is the standard input. A file in gzip is unpacked.
 *
 * @throws OperatorError at the end of the file, or after ten faults: each with file, line, field, value and rule
 */
export async function* readAuthorityCsv(file: string, known: KnownCarriers = new Set()): AsyncGenerator<AuthorityRow> {
  const name = fileLabel(file);
  const source: Readable = file === '-' ? process.stdin : createReadStream(file);
  try {
    yield* readAuthority(unpacked(source), name, known);
  } catch (error) {
    if (error instanceof AuthorityFaultsError || !(error instanceof Error)) throw error;
    throw new OperatorError(`${name}: ${error.message}`);
  } finally {
    source.destroy();
  }
}

/** The name of a file in faults. */
export function fileLabel(file: string): string {
  return file === '-' ? 'standard input' : visible(file);
}

/** The faults of a file, each with its name already. */
class AuthorityFaultsError extends OperatorError {}

/** The rows of a CSV text, as readAuthorityCsv reads them. */
export async function* readAuthority(
  bytes: AsyncIterable<Buffer>,
  name: string,
  known: KnownCarriers = new Set(),
): AsyncGenerator<AuthorityRow> {
  const faults: string[] = [];
  let header: Columns | undefined;
  for await (const lines of textLines(bytes, { max: MAX_LINE_LENGTH, ends: 'newline or return' })) {
    for (const line of lines) {
      if ('text' in line && (line.text.trim() === '' || line.text.startsWith('#'))) continue;
      const fields = fieldsOf(line, header);
      const read = typeof fields === 'string' || header === undefined ? fields : readRow(fields, header, line, known);
      if (typeof read === 'string') faults.push(`${name}: line ${line.number}: ${visible(read)}`);
      else if ('carrier' in read) yield read;
      else {
        const names = readHeader(read);
        if (typeof names === 'string') faults.push(`${name}: line ${line.number}: ${visible(names)}`);
        else header = names;
      }
      if (faults.length === MAX_FAULTS || (faults.length > 0 && header === undefined))
        throw new AuthorityFaultsError(faults.join('\n'));
    }
  }
  if (header === undefined) faults.push(`${name}: line 1: the names of the columns, number,carrier`);
  if (faults.length > 0) throw new AuthorityFaultsError(faults.join('\n'));
}

/** The fields of a line. A quoted field (RFC 4180) ends on the line on which it begins. */
function fieldsOf(line: Line, header: Columns | undefined): string[] | string {
  if ('begins' in line) return `at most ${MAX_LINE_LENGTH} characters, and this one begins ${line.begins.slice(0, 40)}`;
  if ('bytes' in line) return unreadable(line.bytes, header);
  const fields = csvFields(line.text);
  return isRefusal(fields) ? fields.error : fields.map((field) => field.trim());
}

/** The fault of a line that is not UTF-8: the field, with its bytes as escapes. */
function unreadable(bytes: Buffer, header: Columns | undefined): string {
  const { fields, bad } = unreadableFields(bytes);
  const [index = 0] = bad;
  const name = [...(header ?? [])].find(([, at]) => at === index)?.[0] ?? `column ${index + 1}`;
  return `${name} ${fields[index]}: not UTF-8; save the file as UTF-8`;
}

function readHeader(fields: readonly string[]): Columns | string {
  const indexes = new Map<(typeof columns)[number], number>();
  for (const [index, field] of fields.entries()) {
    const column = columns.find((name) => name === field.toLowerCase());
    if (column === undefined) return `column ${field}: one of ${columns.join(', ')}, named in the first line`;
    if (indexes.has(column)) return `column ${field}: once`;
    indexes.set(column, index);
  }
  const lacking = columns.find((name) => name !== 'space' && !indexes.has(name));
  return lacking === undefined ? indexes : `column ${lacking}: missing`;
}

function readRow(fields: readonly string[], header: Columns, line: Line, known: KnownCarriers): AuthorityRow | string {
  if (fields.length !== header.size) return `${fields.length} fields: ${header.size}, as the first line says`;
  const field = (name: (typeof columns)[number]) => fields[header.get(name) ?? -1] ?? '';
  const span = readAuthoritySpan(field('number'));
  if (isRefusal(span)) return `number ${field('number')}: ${span.error}${spreadsheetHint(field('number'))}`;
  const carrier = field('carrier');
  const refusal = known.has(carrier) ? undefined : checkNewOrgId(carrier);
  if (refusal !== undefined) return `carrier ${carrier}: ${refusal.error}`;
  const space = field('space').toUpperCase() || 'TN';
  if (space !== 'TN' && space !== 'RN') return `space ${field('space')}: TN or RN`;
  return { ...span, carrier, space, line: line.number };
}
