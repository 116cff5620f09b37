import { createReadStream } from 'node:fs';
import { identityOf } from '../model/identity.js';
import { OperatorError } from '../operator-error.js';
import { visible } from '../values/visible.js';
import { type Fault, FormError } from './fault.js';
import type { FormLine, FormOptions } from './form-line.js';
import { keyLabel } from './key-label.js';
import { CsvReader, EXPECTED, MAX_LINE_LENGTH } from './read-csv.js';
import { readMessage } from './read-message.js';
import { readJsonLine } from './read-ndjson.js';
import { SeenKeys } from './seen-keys.js';
import { isCountry } from './telephone-number.js';
import { textLines } from './text-lines.js';
import { unpacked } from './unpacked.js';
import { EncodingError } from './utf16-text.js';

/** Blank bytes before the first character of a file; one with more is taken for CSV. */
const MAX_BLANK_BYTES = 1_048_576;

/**
 * Reads a file of objects as a stream: CSV, NDJSON or an SPPP message, by its first character; packed with gzip or not.
 * There is one entry for every data line, in the order of the file; blank lines have none. A second line about the same
 * object is a fault that names the first.
 *
 * @throws FormError if the file cannot be read, with every fault of its header, or cannot be read on: behind its whole lines
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
  const place = { line: 1 };
  try {
    const { start, all } = await begun(unpacked(bytes), file);
    if (start === '<') yield* readMessage(all, file, place);
    else yield* readLines(all, file, options, start === '{', place);
  } catch (error) {
    const rule = endsEarly(error);
    throw rule === undefined ? error : new FormError([{ file, line: place.line, value: '', rule }]);
  }
}

/** Why there is no more text, if an error of the decompressor or of the decoder says that. */
function endsEarly(error: unknown): string | undefined {
  if (error instanceof EncodingError) return `${error.message}; the rest of the file was not read`;
  if (!(error instanceof Error && 'code' in error)) return undefined;
  if (error.code === 'Z_BUF_ERROR') return 'the gzip file is cut here; get the whole file';
  if (!String(error.code).startsWith('Z_')) return undefined;
  return `the gzip file is damaged here (${error.message}); the rest of it was not read`;
}

async function* readLines(
  bytes: AsyncIterable<Buffer>,
  file: string,
  options: FormOptions,
  isJson: boolean,
  place: { line: number },
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
    place.line = (lines.at(-1)?.number ?? place.line) + 1;
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
async function begun(
  bytes: AsyncGenerator<Buffer>,
  file: string,
): Promise<{ start: string; all: AsyncIterable<Buffer> }> {
  const head: Buffer[] = [];
  let start = '';
  for (let size = 0; start === '' && size < MAX_BLANK_BYTES; ) {
    const { done = false, value } = await bytes.next();
    if (done) break;
    if (value.length === 0) continue;
    head.push(value);
    size += value.length;
    // The characters that tell the forms apart are ASCII, so zeros are halves of UTF-16 and marks are no characters.
    start = /[^\s\0\xef\xbb\xbf\xfe\xff]/.exec(value.toString('latin1'))?.[0] ?? '';
  }
  if (head.length === 0) throw new FormError([{ file, line: 1, value: '', rule: `the file is empty; ${EXPECTED}` }]);
  const all = async function* () {
    yield* head;
    yield* bytes;
  };
  return { start, all: all() };
}
