import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';

const compress = promisify(deflateRaw);
const expand = promisify(inflateRaw);

/** Characters that are kept as one piece, and bytes in all that are kept as they are: what is more is compressed. */
const PIECE = 262_144;
const MAX_PLAIN = 1_048_576;

/** Bytes that are given to a reader at once. */
const SENT = 65_536;

/** Told by how many bytes more, or less, are held. */
export type Hold = (bytes: number) => void;

/**
 * A long text between its writer and its reader, however slow that one is. It is held compressed, which takes markup to
 * about a twentieth, unless it is short; in any case outside of the heap.
 */
export class HeldText {
  readonly #hold: Hold;
  #pieces: Buffer[] = [];
  #isCompressed = false;
  #gathered = '';
  #length = 0;
  #bytes = 0;
  #isDropped = false;

  constructor(hold: Hold) {
    this.#hold = hold;
  }

  /** Adds some text; where something is returned, it is to be waited for. */
  add(text: string): Promise<void> | undefined {
    this.#gathered += text;
    return this.#gathered.length < PIECE ? undefined : this.#cut();
  }

  /** All of it as UTF-8, once: what has been read is held no longer. */
  async *read(): AsyncGenerator<Buffer, void> {
    for (let piece = this.#pieces.shift(); piece !== undefined; piece = this.#pieces.shift()) {
      this.#add(-piece.length);
      const bytes = this.#isCompressed ? await expand(piece) : piece;
      for (let start = 0; start < bytes.length; start += SENT) yield bytes.subarray(start, start + SENT);
    }
    const rest = Buffer.from(this.#gathered);
    this.#gathered = '';
    yield rest;
  }

  /** Nobody will read it. */
  drop(): void {
    this.#isDropped = true;
    this.#pieces = [];
    this.#gathered = '';
    this.#add(-this.#bytes);
  }

  async #cut(): Promise<void> {
    const piece = Buffer.from(this.#gathered);
    this.#gathered = '';
    this.#length += piece.length;
    if (this.#length <= MAX_PLAIN) return this.#keep(piece);
    const plain = this.#isCompressed ? [] : this.#pieces;
    const compressed = await Promise.all([...plain, piece].map((each) => compress(each, { level: 1 })));
    if (plain.length > 0) {
      this.#pieces = [];
      this.#add(-this.#bytes);
    }
    this.#isCompressed = true;
    for (const each of compressed) this.#keep(each);
  }

  #keep(piece: Buffer): void {
    if (this.#isDropped) return;
    this.#pieces.push(piece);
    this.#add(piece.length);
  }

  #add(bytes: number): void {
    this.#bytes += bytes;
    this.#hold(bytes);
  }
}
