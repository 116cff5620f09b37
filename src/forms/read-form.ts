import { createReadStream } from 'node:fs';
import { identityOf } from '../model/identity.js';
import { OperatorError } from '../operator-error.js';
import { visible } from '../values/visible.js';
import type { Fault } from './fault.js';
import type { FormLine, FormOptions } from './form-line.js';
import { keyLabel } from './key-label.js';
import { CsvReader, MAX_LINE_LENGTH } from './read-csv.js';
import { readMessage } from './read-message.js';
import { readJsonLine } from './read-ndjson.js';
import { SeenKeys } from './seen-keys.js';
import { isCountry } from './telephone-number.js';
import { EncodingError, textLines } from './text-lines.js';
import { unpacked } from './unpacked.js';

/**
 * Reads a file of objects as a stream: CSV, NDJSON or an SPPP message, by its first character; packed with gzip or not.
 * There is one entry for every data line, in the order of the file; blank lines have none. A second line about the same
 * object is a fault that names the first.
 *
 * @throws FormError if the file cannot be read as a whole, with every fault of its header
 * @throws OperatorError for options that are wrong
 */
export async function* readForm(file: string, options: FormOptions = {}): AsyncGenerator<FormLine> {
  for await (const lines of formBatches(createReadStream(file), file, options)) yield* lines;
}

/** The same for bytes, in batches as they are read. `file` is their name in faults. */
export async function* formBatches(
  bytes: AsyncIterable<Buffer>,
  file: string,
  options: FormOptions = {},
): AsyncGenerator<FormLine[]> {
  const { country } = options;
  if (country !== undefined && !isCountry(country))
    throw new OperatorError(`--country ${visible(country)}: a country by two capital letters, as in US`);
  try {
    const { start, all } = await begun(unpacked(bytes));
    if (start === '<') yield* readMessage(all, file);
    else yield* readLines(all, file, options, start === '{');
  } catch (error) {
    // Of the decompressor, and of text that is not what its first bytes say.
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) {
      throw new OperatorError(`${visible(file)}: gzip: ${error.message}`);
    }
    if (error instanceof EncodingError) throw new OperatorError(`${visible(file)}: ${error.message}`);
    throw error;
  }
}

async function* readLines(
  bytes: AsyncIterable<Buffer>,
  file: string,
  options: FormOptions,
  isJson: boolean,
): AsyncGenerator<FormLine[]> {
  const csv = new CsvReader(file, options);
  const seen = new SeenKeys();
  const ends = isJson ? 'newline' : 'newline or return';
  for await (const lines of textLines(bytes, { max: MAX_LINE_LENGTH, ends })) {
    const batch: FormLine[] = [];
    for (const line of lines) {
      const read = isJson ? readJsonLine(line, file, options) : csv.read(line);
      if (read !== undefined) batch.push(onlyOnce(read, seen, file, isJson ? undefined : csv));
    }
    if (batch.length > 0) yield batch;
  }
  if (!isJson) csv.end();
}

/** The line, or the fault that an earlier line is about the same object. The first one counts, wherever it is sent. */
function onlyOnce(read: FormLine, seen: SeenKeys, file: string, csv: CsvReader | undefined): FormLine {
  if (!('item' in read)) return read;
  const { line, item } = read;
  const first = seen.firstLine(identityOf(item.subject), line);
  if (first === undefined) return read;
  const key = keyLabel(item.subject);
  const column = csv === undefined ? 1 : csv.keyColumn;
  const place = column === undefined ? {} : { column };
  const fault: Fault = { file, line, ...place, value: key, rule: `the same object as on line ${first}, which counts` };
  return { line, faults: [fault], key: visible(key) };
}

/** The first character of a text that is not blank, and all of its bytes. */
async function begun(bytes: AsyncGenerator<Buffer>): Promise<{ start: string; all: AsyncIterable<Buffer> }> {
  const head: Buffer[] = [];
  let start = '';
  while (start === '') {
    const { done = false, value } = await bytes.next();
    if (done) break;
    head.push(value);
    // The characters that tell the forms apart are ASCII, so zeros are halves of UTF-16 and marks are no characters.
    start = /[^\s\0\xef\xbb\xbf\xfe\xff]/.exec(value.toString('latin1'))?.[0] ?? '';
  }
  const all = async function* () {
    yield* head;
    yield* bytes;
  };
  return { start, all: all() };
}
