import type { FormLine, FormOptions } from './form-line.js';

/**
 * Reads a file of objects as a stream: CSV, NDJSON or an SPPP message, by its first character; packed with gzip or not.
 * There is one entry for every data line, in the order of the file; blank lines have none.
 *
 * @throws FormError if the file cannot be read as a whole, with every fault of its header
 */
export async function* readForm(file: string, options: FormOptions = {}): AsyncGenerator<FormLine> {
  for await (const lines of formBatches(file, options)) yield* lines;
}

/** The same in batches as they are read, for speed. */
export async function* formBatches(file: string, options: FormOptions = {}): AsyncGenerator<FormLine[]> {
  yield [];
  throw new Error(`not yet: ${file} ${JSON.stringify(options)}`);
}
