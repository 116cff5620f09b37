import { isRefusal } from '../values/refusal.js';
import { visible } from '../values/visible.js';
import { csvFields, unreadableFields } from './csv-fields.js';
import { type CsvHeader, readHeader } from './csv-header.js';
import { CsvLineReader, type FieldFault } from './csv-line.js';
import { type Fault, FormError } from './fault.js';
import type { FormLine, FormOptions } from './form-line.js';
import type { Line } from './text-lines.js';

/** Characters of a line: an SED group with a thousand names of 80 characters fits. */
export const MAX_LINE_LENGTH = 1_048_576;

/** The rule that a line breaks which has other bytes. */
export const NOT_UTF8 = 'not UTF-8; save the file as UTF-8';

/** Characters of a key that is told of a line with faults. */
export const MAX_KEY_LENGTH = 200;

/** Characters that are kept of a line that is too long. */
const KEPT_LENGTH = 1000;

/** What a file of objects begins with. */
export const EXPECTED =
  'expected is a first line with the names of the columns, as in rant,rar,tn,dgName, or NDJSON, or an SPPP message';

/**
 * Reads the lines of a CSV file, which may come in batches.
 *
 * @throws FormError for a header that is not one
 */
export class CsvReader {
  readonly #file: string;
  readonly #options: FormOptions;
  #header: CsvHeader | undefined;
  #lines: CsvLineReader | undefined;

  /** `file` is its name in faults. */
  constructor(file: string, options: FormOptions) {
    this.#file = file;
    this.#options = options;
  }

  /** What one line asks for; undefined for a blank line and for the header. */
  read(line: Line): FormLine | undefined {
    if ('text' in line && line.text.trim() === '') return undefined;
    const { fields, faults } = this.#fieldsOf(line);
    if (this.#lines === undefined) {
      if (faults.length > 0) throw this.#error(line, faults);
      this.#readHeader(line, fields);
      return undefined;
    }
    const read = faults.length > 0 ? faults : this.#lines.read(fields);
    return 'verb' in read ? { line: line.number, item: read } : this.#faulty(line, read, this.#lines.labelOf(fields));
  }

  /** The place of the column that names an object, from 1. */
  get keyColumn(): number | undefined {
    const { indexOf } = this.#header ?? { indexOf: [] };
    const [, index] = [...indexOf].find(([{ isKey, name }]) => isKey && name !== 'rant') ?? [];
    return index === undefined ? undefined : index + 1;
  }

  /** To be called at the end of the file: it must have had a header. */
  end(): void {
    if (this.#lines !== undefined) return;
    const rule = `the file has only blank lines; ${EXPECTED}`;
    throw this.#error({ number: 1 }, [{ value: '', rule }]);
  }

  /** The fields of a line, and what is wrong with the line as a whole; its fields are a guess then, for its key. */
  #fieldsOf(line: Line): { readonly fields: readonly string[]; readonly faults: readonly FieldFault[] } {
    if ('begins' in line) {
      const column = fieldsBefore(line.begins) + 1;
      const fault = tooLong(line.begins);
      return { fields: fault.value.split(','), faults: [{ column, ...this.#nameOf(column), ...fault }] };
    }
    if ('bytes' in line) {
      const { fields, bad } = unreadableFields(line.bytes);
      return { fields, faults: bad.map((index) => this.#notUtf8(index + 1, fields[index] ?? '')) };
    }
    const fields = csvFields(line.text);
    if (!isRefusal(fields)) return { fields, faults: noFaults };
    return { fields: line.text.split(','), faults: [quoteFault(line.text, fields.error)] };
  }

  #readHeader(line: Line, fields: readonly string[]): void {
    const header = readHeader(fields, this.#options);
    if (!('form' in header)) throw this.#error(line, header);
    this.#header = header;
    this.#lines = new CsvLineReader(header, this.#options);
  }

  #notUtf8(column: number, value: string): FieldFault {
    return { column, ...this.#nameOf(column), value, rule: NOT_UTF8 };
  }

  /** The name of a column of the file, from 1, if it has one. */
  #nameOf(column: number): { readonly name?: string } {
    const name = [...(this.#header?.indexOf ?? [])].find(([, at]) => at + 1 === column)?.[0].name;
    return name === undefined ? {} : { name };
  }

  #faulty(line: Line, faults: readonly FieldFault[], key: string): FormLine {
    const { number } = line;
    const label = key === '' ? textOf(line).trim() : key;
    return {
      line: number,
      faults: faults.map((fault) => this.#located(number, fault)),
      key: visible(label.slice(0, MAX_KEY_LENGTH)),
    };
  }

  #error({ number }: { readonly number: number }, faults: readonly FieldFault[]): FormError {
    return new FormError(faults.map((fault) => this.#located(number, fault)));
  }

  #located(line: number, fault: FieldFault): Fault {
    return { file: this.#file, line, ...fault };
  }
}

const noFaults: readonly FieldFault[] = [];

/** The fault of a line that is too long to be read, with its beginning: a copy, which does not keep the rest in memory. */
export function tooLong(begins: string): Pick<FieldFault, 'value' | 'rule'> {
  const value = Buffer.from(begins.slice(0, KEPT_LENGTH)).toString();
  return { value, rule: `the line has more than ${MAX_LINE_LENGTH} characters, which no object needs` };
}

/** How many fields of a line are ended. */
function fieldsBefore(text: string): number {
  let fields = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') isQuoted = !isQuoted;
    else if (character === ',' && !isQuoted) fields += 1;
  }
  return fields;
}

/** A line with quotes that are none: its column is the one in which they begin. */
function quoteFault(text: string, rule: string): FieldFault {
  return { column: text.slice(0, text.indexOf('"')).split(',').length, value: text, rule };
}

function textOf(line: Line): string {
  return 'text' in line ? line.text : '';
}
