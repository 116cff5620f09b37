import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';

const compress = promisify(deflateRaw);
const expand = promisify(inflateRaw);

/** Bytes of a piece, and total bytes that are held uncompressed; a longer text is compressed. */
const PIECE_BYTES = 262_144;
const MAX_PLAIN_BYTES = 1_048_576;

/** Characters that are made to bytes at once: a text that is put together of a few is cheaper to read than one of many. */
const TEXT_LENGTH = 8192;

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
  /** The last piece as far as there is one. */
  #begun: Buffer[] = [];
  #begunBytes = 0;
  #text = '';
  #length = 0;
  #bytes = 0;
  #isDropped = false;

  constructor(countHeld: CountHeldBytes) {
    this.#countHeld = countHeld;
  }

  /** Adds text; the caller awaits a returned promise. */
  add(text: string): Promise<void> | undefined {
    this.#text += text;
    if (this.#text.length < TEXT_LENGTH) return undefined;
    this.#write();
    return this.#begunBytes < PIECE_BYTES ? undefined : this.#cut();
  }

  /** The text as UTF-8, once: each chunk is released when it has been read. */
  async *read(): AsyncGenerator<Buffer, void> {
    for (let piece = this.#pieces.shift(); piece !== undefined; piece = this.#pieces.shift()) {
      this.#add(-piece.length);
      yield* chunksOf(this.#isCompressed ? await expand(piece) : piece);
    }
    yield* chunksOf(this.#take());
  }

  /** Releases the text without a reader. */
  drop(): void {
    this.#isDropped = true;
    this.#pieces = [];
    this.#begun = [];
    this.#begunBytes = 0;
    this.#text = '';
    this.#add(-this.#bytes);
  }

  #write(): void {
    const bytes = Buffer.from(this.#text);
    this.#text = '';
    this.#begun.push(bytes);
    this.#begunBytes += bytes.length;
  }

  /** Takes the last piece, whether it is full or not. */
  #take(): Buffer {
    this.#write();
    const piece = Buffer.concat(this.#begun, this.#begunBytes);
    this.#begun = [];
    this.#begunBytes = 0;
    return piece;
  }

  async #cut(): Promise<void> {
    const piece = this.#take();
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

function* chunksOf(bytes: Buffer): Generator<Buffer, void> {
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) yield bytes.subarray(start, start + CHUNK_BYTES);
}
