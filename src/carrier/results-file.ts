import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { csvField, csvFields } from '../forms/csv-fields.js';
import { textLines } from '../forms/text-lines.js';
import { OperatorError } from '../operator-error.js';
import { isRefusal } from '../values/refusal.js';

/** The verdict on one line of a file. */
export interface ResultRow {
  readonly line: number;
  /** The number or name on the line. */
  readonly key: string;
  /** 1000, or why it is not done: 2101, 2102, 2103, or the code of the whole request. */
  readonly code: number;
  readonly reason: string;
}

const HEADER = 'line,key,code,reason';

const MAX_LINE_LENGTH = 1_048_576;

/** Writes verdicts to a file, a part at a time. */
export class ResultsWriter {
  readonly #path: string;
  #file: FileHandle | undefined;
  #bytes = 0;

  /** A new file, which replaces an older one with the first verdicts. */
  constructor(path: string) {
    this.#path = path;
  }

  /** The file of an unfinished push, of which this many bytes are known to be whole. */
  static async reopen(path: string, bytes: number): Promise<ResultsWriter> {
    const writer = new ResultsWriter(path);
    writer.#file = await open(path, 'r+');
    await writer.#file.truncate(bytes);
    writer.#bytes = bytes;
    return writer;
  }

  /** Bytes that are written and durable. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Writes verdicts; they survive a crash once this has returned. */
  async write(rows: readonly ResultRow[]): Promise<void> {
    const header = this.#file === undefined ? `${HEADER}\n` : '';
    this.#file ??= await open(this.#path, 'w');
    const bytes = Buffer.from(header + rows.map(rowText).join(''));
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, this.#bytes + at);
      at += bytesWritten;
    }
    await this.#file.datasync();
    this.#bytes += bytes.length;
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}

/** A key and a reason have no line ends, so that a verdict is one line. */
function rowText({ line, key, code, reason }: ResultRow): string {
  return `${line},${csvField(key)},${code},${csvField(reason.replace(/[\r\n]+/g, ' '))}\n`;
}

/**
 * The verdicts in a file of results, in the order of the lines.
 *
 * @throws OperatorError if it is no such file
 */
export async function* readResults(path: string): AsyncGenerator<ResultRow> {
  let last = 0;
  let isHeader = true;
  for await (const lines of textLines(createReadStream(path), { max: MAX_LINE_LENGTH, ends: 'newline or return' })) {
    for (const line of lines) {
      const fields = 'text' in line ? csvFields(line.text) : [];
      if (isHeader) {
        if (isRefusal(fields) || fields.join(',') !== HEADER) throw new OperatorError(`${path}: the header ${HEADER}`);
        isHeader = false;
        continue;
      }
      if ('text' in line && line.text.trim() === '') continue;
      const row = isRefusal(fields) ? undefined : rowOf(fields);
      if (row === undefined || row.line <= last) {
        throw new OperatorError(`${path}: line ${line.number}: ${HEADER}, the lines in their order`);
      }
      last = row.line;
      yield row;
    }
  }
  if (isHeader) throw new OperatorError(`${path}: the header ${HEADER}`);
}

function rowOf([line = '', key = '', code = '', reason = '', ...others]: readonly string[]): ResultRow | undefined {
  if (!/^[1-9]\d{0,14}$/.test(line) || !/^\d{4}$/.test(code) || others.length > 0) return undefined;
  return { line: Number(line), key, code: Number(code), reason };
}
