import { TextDecoder } from 'node:util';
import { SoapFault } from './fault.js';

/** The supported encodings by their names. */
const encodings: ReadonlyMap<string, 'utf-8' | 'utf-16' | 'us-ascii'> = new Map([
  ['utf-8', 'utf-8'],
  ['utf8', 'utf-8'],
  ['utf-16', 'utf-16'],
  ['us-ascii', 'us-ascii'],
  ['ascii', 'us-ascii'],
]);

/** Whether the reader supports the charset parameter of a Content-Type. */
export function isReadableCharset(name: string): boolean {
  return encodings.has(name.toLowerCase());
}

const beyondAscii = /[^\p{ASCII}]/u;

/**
 * Decodes a document that arrives in pieces: UTF-8 with or without a byte order mark, or UTF-16 with one. The mark
 * takes precedence over the charset parameter (RFC 7303 §3.2) and stays in the text. Invalid bytes are a fault, never a
 * replacement character.
 */
export class XmlDecoder {
  readonly #charset: string | undefined;
  #decoder: TextDecoder | undefined;
  #onlyAscii = false;
  #piece = '';

  /** `charset` is the parameter of the Content-Type, if there was one. */
  constructor(charset?: string) {
    this.#charset = charset;
  }

  /** The text of the next bytes; an incomplete character comes with the next piece. */
  decode(bytes: Uint8Array): string {
    const first = bytes[0];
    if (first === undefined) return '';
    this.#decoder ??= this.#begin(first);
    return this.#checked(this.#decoder, bytes);
  }

  /** To be called after the last bytes: throws SoapFault if they end within a character. */
  end(): void {
    if (this.#decoder !== undefined) this.#checked(this.#decoder, undefined);
  }

  /** Checks the encoding in the XML declaration against the one in use. */
  declare(name: string): void {
    const declared = encodings.get(name.toLowerCase());
    if (declared === undefined) throw new SoapFault('Client', `encoding "${name}" is not read, only UTF-8 and UTF-16`);
    const read = this.#decoder?.encoding === 'utf-8' ? 'utf-8' : 'utf-16';
    if ((declared === 'utf-16') !== (read === 'utf-16')) {
      throw new SoapFault('Client', `the XML declaration says "${name}" in a document that is ${read.toUpperCase()}`);
    }
    if (declared === 'us-ascii') {
      this.#onlyAscii = true;
      this.#checkAscii(this.#piece);
    }
  }

  /** The first byte decides: no UTF-8 text begins with FF or FE, and every document in UTF-16 has its mark. */
  #begin(first: number): TextDecoder {
    const encoding = first === 0xff ? 'utf-16le' : first === 0xfe ? 'utf-16be' : 'utf-8';
    if (this.#charset !== undefined) {
      const charset = encodings.get(this.#charset.toLowerCase());
      if (charset === undefined) throw new SoapFault('Client', `charset "${this.#charset}" is not read`);
      if (charset === 'utf-16' && encoding === 'utf-8') {
        throw new SoapFault('Client', 'a UTF-16 document has to begin with a byte order mark');
      }
      this.#onlyAscii = charset === 'us-ascii';
    }
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  }

  #checked(decoder: TextDecoder, bytes: Uint8Array | undefined): string {
    try {
      this.#piece = bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch {
      const name = decoder.encoding === 'utf-8' ? 'UTF-8' : 'UTF-16';
      throw new SoapFault('Client', `the document holds bytes that are not ${name}`);
    }
    if (this.#onlyAscii) this.#checkAscii(this.#piece);
    return this.#piece;
  }

  #checkAscii(text: string): void {
    if (beyondAscii.test(text)) throw new SoapFault('Client', 'the document is said to be US-ASCII and is not');
  }
}
