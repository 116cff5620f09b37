import type { Fault, FormError } from '../../forms/fault.js';
import type { FormItem, FormOptions } from '../../forms/form-line.js';
import { keyLabel } from '../../forms/key-label.js';
import { formBatches } from '../../forms/read-form.js';
import { streamBody } from '../../registry/journal/archived-request.js';
import type { ConsoleUpload } from '../../registry/journal/console-uploads.js';
import { unsendable } from '../../sppp/unsendable.js';

/** Why a line is not done. */
export interface LineFailure {
  readonly line: number;
  /** The number or name on it. */
  readonly key: string;
  readonly code: number;
  /** The element or column at fault and its value. */
  readonly attribute: string;
  readonly value: string;
  readonly reason: string;
}

/** A data line of an uploaded file: what it asks for, or every fault of it. */
export type UploadLine =
  | { readonly line: number; readonly item: FormItem }
  | { readonly line: number; readonly failures: readonly LineFailure[] };

/** The code of a value that a rule does not admit (RFC 7878 §7.3), for lines that are not sent as well. */
const VALUE_INVALID = 2101;

/**
 * The lines of an uploaded file, read as `sppp push` reads them, in batches.
 *
 * @param key of archived requests, which encrypts uploads, too
 * @param registrar the organization that adds the objects of lines that name none
 * @throws FormError if it cannot be read, or not to its end; OperatorError for options that are wrong
 */
export async function* readUpload(
  upload: ConsoleUpload,
  key: string | undefined,
  registrar: string,
): AsyncGenerator<readonly UploadLine[]> {
  const { id, fileName } = upload;
  const bytes = streamBody({ ...upload, isWhole: true, charset: undefined }, id, key);
  const options: FormOptions = { rar: registrar, ...upload.options };
  for await (const lines of formBatches(bytes, fileName, options)) {
    yield lines.map((each): UploadLine => {
      const { line } = each;
      if ('faults' in each) return { line, failures: each.faults.map((fault) => failureOf(fault, each.key)) };
      const unfit = unsendable(each.item);
      if (unfit === undefined) return { line, item: each.item };
      const { attrName = '', attrVal = '' } = unfit.attr ?? {};
      const fault = { file: fileName, line, name: attrName, value: attrVal, rule: unfit.reason ?? '' };
      return { line, failures: [failureOf(fault, keyLabel(each.item.subject))] };
    });
  }
}

/** The faults for which a file cannot be read, as those of lines are. */
export function failuresOf({ faults }: FormError): LineFailure[] {
  return faults.map((fault) => failureOf(fault, ''));
}

function failureOf({ line, column, name, value, rule }: Fault, key: string): LineFailure {
  const attribute = name ?? (column === undefined ? '' : `column ${column}`);
  return { line, key, code: VALUE_INVALID, attribute, value, reason: rule };
}

/** The items of the lines of a file, and what has been seen on the way: on which line each was, and the first faults. */
export class UploadItems {
  lines = 0;
  faultyLines = 0;
  readonly failures: LineFailure[] = [];
  readonly #maxFailures: number;
  #lineOf = new Uint32Array(1024);
  #count = 0;

  constructor(maxFailures: number) {
    this.#maxFailures = maxFailures;
  }

  /** The items, in batches with at least one each. */
  async *of(lines: AsyncIterable<readonly UploadLine[]>): AsyncGenerator<readonly FormItem[]> {
    for await (const batch of lines) {
      const items = batch.flatMap((line) => this.#take(line));
      if (items.length > 0) yield items;
    }
  }

  /** The line of an item by its number in the request, from 1. */
  lineOf(number: number): number {
    return this.#lineOf[number - 1] ?? 0;
  }

  #take(line: UploadLine): FormItem[] {
    this.lines += 1;
    if ('failures' in line) {
      this.faultyLines += 1;
      this.failures.push(...line.failures.slice(0, this.#maxFailures - this.failures.length));
      return [];
    }
    if (this.#count === this.#lineOf.length) {
      const larger = new Uint32Array(2 * this.#count);
      larger.set(this.#lineOf);
      this.#lineOf = larger;
    }
    this.#lineOf[this.#count++] = line.line;
    return [line.item];
  }
}
