import { isRefusal } from '../values/refusal.js';
import { visible } from '../values/visible.js';
import { csvFields, unreadableField } from './csv-fields.js';
import { type CsvHeader, readHeader } from './csv-header.js';
import { CsvLineReader, type FieldFault } from './csv-line.js';
import { type Fault, FormError } from './fault.js';
import type { FormLine, FormOptions } from './form-line.js';
import type { Line } from './text-lines.js';

/** Characters of a line: an SED group with a thousand names of 80 characters fits. */
export const MAX_LINE_LENGTH = 1_048_576;

/**
 * Reads the lines of a CSV file, which may come in batches.
 *
 * @throws FormError for a header that is not one, or a line that is too long
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
    if ('begins' in line) throw this.#error(line, [tooLong(line.begins)]);
    if ('text' in line && line.text.trim() === '') return undefined;
    const fields = 'bytes' in line ? this.#unreadable(line.bytes) : csvFields(line.text);
    if (this.#lines === undefined) {
      this.#readHeader(line, fields);
      return undefined;
    }
    if (isRefusal(fields)) return this.#faulty(line, [quoteFault(textOf(line), fields.error)], textOf(line));
    if (isFault(fields)) return this.#faulty(line, [fields], fields.value);
    const read = this.#lines.read(fields);
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
    if (this.#lines === undefined) throw this.#error({ number: 1 }, [{ value: '', rule: 'the names of the columns' }]);
  }

  #readHeader(line: Line, fields: ReturnType<typeof csvFields> | FieldFault): void {
    if (isRefusal(fields)) throw this.#error(line, [quoteFault(textOf(line), fields.error)]);
    if (isFault(fields)) throw this.#error(line, [fields]);
    const header = readHeader(fields, this.#options);
    if (!('form' in header)) throw this.#error(line, header);
    this.#header = header;
    this.#lines = new CsvLineReader(header, this.#options);
  }

  #unreadable(bytes: Buffer): FieldFault {
    const { index, value } = unreadableField(bytes);
    const name = [...(this.#header?.indexOf ?? [])].find(([, at]) => at === index)?.[0].name;
    const fault = { column: index + 1, value, rule: 'not UTF-8; save the file as UTF-8' };
    return name === undefined ? fault : { ...fault, name };
  }

  #faulty({ number }: Line, faults: readonly FieldFault[], key: string): FormLine {
    return {
      line: number,
      faults: faults.map((fault) => this.#located(number, fault)),
      key: visible(key.slice(0, 200)),
    };
  }

  #error({ number }: { readonly number: number }, faults: readonly FieldFault[]): FormError {
    return new FormError(faults.map((fault) => this.#located(number, fault)));
  }

  #located(line: number, fault: FieldFault): Fault {
    return { file: this.#file, line, ...fault };
  }
}

/** The fault of a line that is too long to be read. */
export function tooLong(begins: string): FieldFault {
  return { value: `${begins}…`, rule: `at most ${MAX_LINE_LENGTH} characters in a line` };
}

/** A line with quotes that are none: its column is the one in which they begin. */
function quoteFault(text: string, rule: string): FieldFault {
  return { column: text.slice(0, text.indexOf('"')).split(',').length, value: text, rule };
}

function textOf(line: Line): string {
  return 'text' in line ? line.text : '';
}

function isFault(fields: string[] | FieldFault): fields is FieldFault {
  return !Array.isArray(fields);
}
