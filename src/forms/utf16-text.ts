import { OperatorError } from '../operator-error.js';

/** The text is not in the encoding that its first bytes say. */
export class EncodingError extends OperatorError {}

/** Half of a pair of surrogates without its other half. */
const LONE_SURROGATE = /\p{Cs}/u;

/** The first half of one, at the end of a text. */
const HIGH_SURROGATE = /[\ud800-\udbff]$/;

/** Turns a text in UTF-16 into UTF-8, a piece at a time. */
export class Utf16Text {
  readonly #encoding: 'UTF-16LE' | 'UTF-16BE';
  #rest = Buffer.alloc(0);
  #hasBegun = false;

  private constructor(encoding: 'UTF-16LE' | 'UTF-16BE') {
    this.#encoding = encoding;
  }

  /** By the byte order mark with which a text begins; undefined if it has none of UTF-16. */
  static beginning([first, second]: Uint8Array): Utf16Text | undefined {
    if (first === 0xff && second === 0xfe) return new Utf16Text('UTF-16LE');
    if (first === 0xfe && second === 0xff) return new Utf16Text('UTF-16BE');
    return undefined;
  }

  /**
   * The next piece of the text, without the mark.
   *
   * @throws EncodingError behind all characters before one that is none
   */
  *utf8(chunk: Uint8Array): Generator<Buffer> {
    const bytes = Buffer.concat([this.#rest, chunk]);
    const whole = bytes.subarray(0, bytes.length - (bytes.length % 2));
    const text = (this.#encoding === 'UTF-16BE' ? Buffer.from(whole).swap16() : whole).toString('utf16le');
    const flaw = text.search(LONE_SURROGATE);
    const end = flaw < 0 ? text.length : flaw;
    const isMark = !this.#hasBegun && text.startsWith('\uFEFF');
    if (text !== '') this.#hasBegun = true;
    yield Buffer.from(text.slice(isMark ? 1 : 0, end));
    // The other half of the last character may be in the next piece.
    if (flaw >= 0 && !(flaw === text.length - 1 && HIGH_SURROGATE.test(text))) throw this.#error();
    this.#rest = bytes.subarray(end * 2);
  }

  /** @throws EncodingError if the text ends amid a character */
  end(): void {
    if (this.#rest.length > 0) throw this.#error();
  }

  #error(): EncodingError {
    return new EncodingError(`not ${this.#encoding}, as its first bytes say`);
  }
}
