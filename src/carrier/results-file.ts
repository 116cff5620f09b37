import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { csvField, csvFields } from '../forms/csv-fields.js';
import { shown } from '../forms/fault.js';
import { textLines } from '../forms/text-lines.js';
import { OperatorError } from '../operator-error.js';
import { isRefusal } from '../values/refusal.js';
import { visible } from '../values/visible.js';
import { fileError, onFile } from './file-error.js';

/** The verdict on one line of a file. */
export interface ResultRow {
  readonly line: number;
  /** The number or name on the line. */
  readonly key: string;
  /** 1000, or why it is not done: 2101, 2102, 2103, or the code of the whole request. */
  readonly code: number;
  readonly reason: string;
  /** It is carried out, and its answer was lost: nobody knows whether its carrier-of-record claim holds. */
  readonly isUnknownClaim?: true;
}

const HEADER = 'line,key,code,reason';

const MAX_LINE_LENGTH = 1_048_576;

/** Writes verdicts to a file, a part at a time. */
export class ResultsWriter {
  readonly #path: string;
  #file: FileHandle | undefined;
  #bytes = 0;
  #sum = 0;

  /** A new file, which replaces an older one with the first verdicts. */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * The file of an unfinished push, of which this many bytes are known to be whole.
   *
   * @param sum their checksum
   * @throws OperatorError if it has other ones, or fewer
   */
  static async reopen(path: string, bytes: number, sum: number): Promise<ResultsWriter> {
    const writer = new ResultsWriter(path);
    await onFile(path, 'read', async () => {
      for await (const chunk of createReadStream(path, { end: bytes - 1 }) as AsyncIterable<Buffer>)
        writer.#wrote(chunk);
    });
    if (writer.#bytes !== bytes || writer.#sum !== sum) {
      throw new OperatorError(
        `${path} is not as the push has written it; put that file back to go on with --resume, or begin again with --restart`,
      );
    }
    writer.#file = await onFile(path, 'written', () => open(path, 'r+'));
    await onFile(path, 'written', () => writer.#file?.truncate(bytes) ?? Promise.resolve());
    return writer;
  }

  /** Bytes that are written and durable. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Their checksum, by which a file is known that somebody has edited. */
  get sum(): number {
    return this.#sum;
  }

  /** Writes verdicts; they survive a crash once this has returned. */
  async write(rows: readonly ResultRow[]): Promise<void> {
    const header = this.#file === undefined ? `${HEADER}\n` : '';
    const bytes = Buffer.from(header + rows.map(rowText).join(''));
    await onFile(this.#path, 'written', async () => {
      this.#file ??= await open(this.#path, 'w');
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, this.#bytes + at);
        at += bytesWritten;
      }
      await this.#file.datasync();
    });
    this.#wrote(bytes);
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  #wrote(bytes: Buffer): void {
    this.#bytes += bytes.length;
    this.#sum = crc32(bytes, this.#sum);
  }
}

/** A key and a reason have no line ends, so that a verdict is one line. */
function rowText({ line, key, code, reason }: ResultRow): string {
  return `${line},${csvField(key)},${code},${csvField(reason.replace(/[\r\n]+/g, ' '))}\n`;
}

/**
 * The verdicts in a file of results, in the order of the lines.
 *
 * @throws OperatorError if it is no such file, with the line that shows it
 */
export async function* readResults(path: string): AsyncGenerator<ResultRow> {
  const wrong = (line: number, rule: string) => new OperatorError(`${visible(path)}: line ${line}: ${rule}`);
  let last = 0;
  let isHeader = true;
  try {
    for await (const lines of textLines(createReadStream(path), { max: MAX_LINE_LENGTH, ends: 'newline or return' })) {
      for (const line of lines) {
        const text = 'text' in line ? line.text : '';
        const fields = csvFields(text);
        if (isHeader) {
          if (isRefusal(fields) || fields.join(',') !== HEADER) throw wrong(line.number, headerRule(text));
          isHeader = false;
          continue;
        }
        if ('text' in line && text.trim() === '') continue;
        const row = isRefusal(fields) ? undefined : rowOf(fields);
        if (row === undefined) throw wrong(line.number, `${shown(text)}: not a row ${HEADER} as sppp push writes it`);
        if (row.line <= last)
          throw wrong(line.number, `${HEADER}, the lines in their order: ${row.line} comes behind ${last}`);
        last = row.line;
        yield row;
      }
    }
  } catch (error) {
    throw fileError(path, 'read', error);
  }
  if (isHeader) throw wrong(1, headerRule(''));
}

function headerRule(text: string): string {
  return `${shown(text)}: not the header ${HEADER} of a results file, which sppp push writes`;
}

function rowOf([line = '', key = '', code = '', reason = '', ...others]: readonly string[]): ResultRow | undefined {
  if (!/^[1-9]\d{0,14}$/.test(line) || !/^\d{4}$/.test(code) || others.length > 0) return undefined;
  return { line: Number(line), key, code: Number(code), reason };
}
