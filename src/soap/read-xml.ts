import { SaxesParser, type XMLDecl } from 'saxes';
import { XmlDecoder } from './encoding.js';
import { SoapFault } from './fault.js';
import { NamespaceScope } from './namespaces.js';
import { StartTag } from './start-tag.js';
import type { XmlHandler } from './xml-events.js';
import type { XmlLimits } from './xml-limits.js';

/** Bytes that are decoded and parsed at once; a limit is noticed at most this many bytes late. */
const PIECE_BYTES = 65_536;

/** Maximum length of the parser's reason, which may quote the client's text. */
const MAX_REASON_LENGTH = 200;

/**
 * A strict reader of XML 1.0 with namespaces; the caller writes a document in pieces. It refuses dangerous parts of
 * XML: DOCTYPE, processing instructions, entities other than the predefined ones and character references, and sizes
 * beyond the limits. It drops comments and treats CDATA as text.
 *
 * An invalid document throws SoapFault, again at every later call. The handler has then seen the beginning of an
 * invalid document; a document is complete only when end() has returned.
 */
export class XmlReader {
  readonly #handler: XmlHandler;
  readonly #limits: XmlLimits;
  readonly #decoder: XmlDecoder;
  // Namespaces are resolved here, because the parser trims their names and accepts local names like "1a".
  readonly #parser = new SaxesParser({ xmlns: false, position: false });
  /** One scope for each open element. */
  readonly #scopes: NamespaceScope[] = [];
  #startTag = new StartTag('');
  /** The parser reports an end tag before it compares the names, so the handler gets it one event later. */
  #hasToClose = false;
  #written = 0;
  #lastEventAt = 0;
  #skippedLines = 0;
  #fault: unknown;

  /** `charset` is the parameter of the message's Content-Type, if there was one. */
  constructor(handler: XmlHandler, limits: XmlLimits, charset?: string) {
    this.#handler = handler;
    this.#limits = limits;
    this.#decoder = new XmlDecoder(charset);
    const parser = this.#parser;
    parser.on('error', (error) => this.#refuse(error.message.slice(0, MAX_REASON_LENGTH)));
    parser.on('xmldecl', (declaration) => this.#declare(declaration));
    parser.on('doctype', () => this.#refuse('a DOCTYPE is not allowed'));
    parser.on('processinginstruction', () => this.#refuse('a processing instruction is not allowed'));
    parser.on('comment', () => this.#event());
    parser.on('opentagstart', ({ name }) => this.#openStart(name));
    parser.on('attribute', ({ name, value }) => this.#attribute(name, value));
    parser.on('opentag', () => this.#open());
    parser.on('closetag', () => this.#close());
    parser.on('text', (text) => this.#text(text));
    parser.on('cdata', (text) => this.#text(text));
  }

  /** The current line, from 1. */
  get line(): number {
    return this.#parser.line + this.#skippedLines;
  }

  /** Reads the next bytes; the handler gets the complete events. */
  write(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      this.read(this.decode(chunk.subarray(at, at + PIECE_BYTES)));
    }
  }

  /** The characters of the next bytes, to be read or skipped by the caller. */
  decode(chunk: Uint8Array): string {
    return this.#guard(() => this.#decoder.decode(chunk));
  }

  /** Reads the next characters. */
  read(text: string): void {
    this.#guard(() => this.#parse(text));
  }

  /** Counts lines that the caller has read itself. */
  skipLines(lines: number): void {
    this.#skippedLines += lines;
  }

  /** To be called after the last bytes: throws SoapFault if the document is incomplete. */
  end(): void {
    this.#guard(() => {
      this.#decoder.end();
      this.#parser.close();
    });
  }

  /** After a fault the parser's state is undefined. */
  #guard<T>(read: () => T): T {
    if (this.#fault !== undefined) throw this.#fault;
    try {
      return read();
    } catch (error) {
      this.#fault = error;
      throw error;
    }
  }

  #parse(text: string): void {
    if (text === '') return;
    this.#written += text.length;
    this.#parser.write(text);
    this.#closePending();
    // Between two events the parser collects text, so the distance from the last event is the size of its buffer.
    this.#checkRun(this.#written);
  }

  #refuse(reason: string): never {
    throw new SoapFault('Client', `${reason} (line ${this.line})`);
  }

  #limit(name: keyof XmlLimits, actual: number): void {
    const limit = this.#limits[name];
    if (actual > limit) this.#refuse(`the limit ${name} = ${limit} is exceeded`);
  }

  #checkRun(position: number): void {
    this.#limit('runLength', position - this.#lastEventAt);
  }

  #event(): void {
    this.#closePending();
    const at = this.#parser.position;
    this.#checkRun(at);
    this.#lastEventAt = at;
  }

  #closePending(): void {
    if (!this.#hasToClose) return;
    this.#hasToClose = false;
    this.#handler.close();
  }

  #declare({ version, encoding }: XMLDecl): void {
    this.#event();
    if (version !== '1.0') this.#refuse(`XML ${version} is not read, only XML 1.0`);
    if (encoding !== undefined) this.#decoder.declare(encoding);
  }

  #openStart(name: string): void {
    this.#event();
    this.#limit('depth', this.#scopes.length + 1);
    this.#limit('nameLength', name.length);
    this.#startTag = new StartTag(name);
  }

  #attribute(name: string, value: string): void {
    this.#event();
    this.#limit('nameLength', name.length);
    this.#limit('attributeLength', value.length);
    const wrong = this.#startTag.add(name, value);
    if (wrong !== undefined) this.#refuse(wrong);
    this.#limit('attributes', this.#startTag.attributeCount);
    this.#limit('declarations', this.#startTag.declarationCount);
  }

  #open(): void {
    this.#event();
    const element = this.#startTag.resolve(this.#scopes.at(-1) ?? NamespaceScope.outermost);
    if (typeof element === 'string') this.#refuse(element);
    this.#limit('declarations', element.scope.size - NamespaceScope.outermost.size);
    this.#scopes.push(element.scope);
    this.#handler.open(element);
  }

  #close(): void {
    this.#event();
    this.#scopes.pop();
    this.#hasToClose = true;
  }

  /** White space outside the root is not content; the parser refuses other text there. */
  #text(text: string): void {
    this.#event();
    if (this.#scopes.length > 0 && text !== '') this.#handler.text(text);
  }
}
