import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';

const compress = promisify(deflateRaw);
const expand = promisify(inflateRaw);

/** Characters of a piece, and total bytes that are held uncompressed; a longer text is compressed. */
const PIECE_LENGTH = 262_144;
const MAX_PLAIN_BYTES = 1_048_576;

/** Bytes of one chunk for the reader. */
const CHUNK_BYTES = 65_536;

/** Called with the change of the number of held bytes. */
export type CountHeldBytes = (bytes: number) => void;

/**
 * A long text between its writer and a reader that may be slow. It is held outside the heap, compressed if it is long;
 * markup shrinks to about a twentieth.
 */
export class HeldText {
  readonly #countHeld: CountHeldBytes;
  #pieces: Buffer[] = [];
  #isCompressed = false;
  #buffer = '';
  #length = 0;
  #bytes = 0;
  #isDropped = false;

  constructor(countHeld: CountHeldBytes) {
    this.#countHeld = countHeld;
  }

  /** Adds text; the caller awaits a returned promise. */
  add(text: string): Promise<void> | undefined {
    this.#buffer += text;
    return this.#buffer.length < PIECE_LENGTH ? undefined : this.#cut();
  }

  /** The text as UTF-8, once: each chunk is released when it has been read. */
  async *read(): AsyncGenerator<Buffer, void> {
    for (let piece = this.#pieces.shift(); piece !== undefined; piece = this.#pieces.shift()) {
      this.#add(-piece.length);
      const bytes = this.#isCompressed ? await expand(piece) : piece;
      for (let start = 0; start < bytes.length; start += CHUNK_BYTES) yield bytes.subarray(start, start + CHUNK_BYTES);
    }
    const rest = Buffer.from(this.#buffer);
    this.#buffer = '';
    yield rest;
  }

  /** Releases the text without a reader. */
  drop(): void {
    this.#isDropped = true;
    this.#pieces = [];
    this.#buffer = '';
    this.#add(-this.#bytes);
  }

  async #cut(): Promise<void> {
    const piece = Buffer.from(this.#buffer);
    this.#buffer = '';
    this.#length += piece.length;
    if (this.#length <= MAX_PLAIN_BYTES) return this.#push(piece);
    const plain = this.#isCompressed ? [] : this.#pieces;
    const compressed = await Promise.all([...plain, piece].map((each) => compress(each, { level: 1 })));
    if (plain.length > 0) {
      this.#pieces = [];
      this.#add(-this.#bytes);
    }
    this.#isCompressed = true;
    for (const each of compressed) this.#push(each);
  }

  #push(piece: Buffer): void {
    if (this.#isDropped) return;
    this.#pieces.push(piece);
    this.#add(piece.length);
  }

  #add(bytes: number): void {
    this.#bytes += bytes;
    this.#countHeld(bytes);
  }
}
