import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileError, onFile } from './file-error.js';

/** What tells a file from a changed one: its size, its time, and the hash of its beginning as far as it was read. */
export interface FileIdentity {
  readonly size: number;
  readonly mtimeMs: number;
}

/** The size and the time of a file now. */
export async function identityOfFile(file: string): Promise<FileIdentity> {
  const { size, mtimeMs } = await onFile(file, 'read', () => stat(file));
  return { size, mtimeMs };
}

/** A file that is read as a stream, with the hash of what was read so far. */
export class HashedFile {
  #read = 0;
  readonly #hash = createHash('sha256');

  constructor(readonly file: string) {}

  /** Bytes that were read. */
  get read(): number {
    return this.#read;
  }

  /** The hash of the bytes that were read. */
  get hash(): string {
    return this.#hash.copy().digest('base64');
  }

  /** The bytes; `most` of them, if that is given. */
  async *bytes(most = Number.POSITIVE_INFINITY): AsyncGenerator<Buffer> {
    if (most <= 0) return;
    const end = Number.isFinite(most) ? { end: most - 1 } : {};
    try {
      for await (const chunk of createReadStream(this.file, end) as AsyncIterable<Buffer>) {
        this.#hash.update(chunk);
        this.#read += chunk.length;
        yield chunk;
      }
    } catch (error) {
      throw fileError(this.file, 'read', error);
    }
  }
}

/** The hash of the first bytes of a file. */
export async function hashOfBeginning(file: string, bytes: number): Promise<string> {
  const beginning = new HashedFile(file);
  for await (const _chunk of beginning.bytes(bytes));
  return beginning.hash;
}
