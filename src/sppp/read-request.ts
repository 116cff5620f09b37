import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { Envelope } from '../soap/envelope.js';
import { XmlReader } from '../soap/read-xml.js';
import type { SoapVersion } from '../soap/version.js';
import type { XmlLimits } from '../soap/xml-limits.js';
import { type DecodeLimits, Decoder } from './decode.js';
import { detachedCopy } from './detached-copy.js';
import type { Head, Item } from './message.js';
import { RepeatedMarkupReader } from './repeated-markup-reader.js';

/**
 * Bytes that are read at once, and the time of reading after which other requests get a turn: a hostile body reads
 * slowly.
 */
const SLICE_BYTES = 8192;
const TURN_MS = 1;

/** Bytes of a message per item beyond which its texts are copied, because they would keep the message alive. */
const SPARSE_BYTES = 2048;

/** The turn of others, in times of the reading, if it brought no item: no client needs megabytes without items. */
const ITEMLESS_WAIT_FACTOR = 3;

/**
 * Reads a request as a stream: its head first, then its items. Throws SoapFault if it is not an SPPP message,
 * RequestRefusedError if it cannot be carried out, and what the body itself throws.
 */
export class RequestReader {
  readonly #body: AsyncIterator<Uint8Array>;
  readonly #decoder: Decoder;
  readonly #envelope: Envelope;
  readonly #reader: RepeatedMarkupReader;
  #waiting: Item[] = [];
  #ended = false;
  readonly #copies = new WeakMap<object, unknown>();
  /** Bytes since the last items. */
  #bytes = 0;
  /** Milliseconds of reading since the last turn of others, and whether it brought items. */
  #busy = 0;
  #hasReadItems = false;
  readonly #onEnd: (() => void) | undefined;

  /**
   * @param charset the parameter of the message's Content-Type, if there was one
   * @param onEnd called when all items have been taken
   */
  constructor(body: AsyncIterable<Uint8Array>, limits: XmlLimits & DecodeLimits, charset?: string, onEnd?: () => void) {
    this.#onEnd = onEnd;
    this.#body = body[Symbol.asyncIterator]();
    this.#decoder = new Decoder(limits, () => xml.line);
    this.#envelope = new Envelope(this.#decoder);
    const xml = new XmlReader(this.#envelope, limits, charset);
    this.#reader = new RepeatedMarkupReader(xml, this.#decoder);
  }

  /** The version of the envelope, once its start was read. */
  get version(): SoapVersion | undefined {
    return this.#envelope.version;
  }

  /** The head as far as it was read, also after a refusal. */
  get head(): Head | undefined {
    return this.#decoder.head;
  }

  /** Reads up to the first item, or to the end of a request without any. */
  async readHead(): Promise<Head> {
    while (this.#waiting.length === 0 && (await this.#more()));
    const head = this.#decoder.head;
    if (head === undefined) throw new Error('a whole envelope without a payload');
    return head;
  }

  /** The items in the order of the request; ends only if the whole message is well-formed. */
  async *items(): AsyncGenerator<readonly Item[]> {
    do {
      const items = this.#waiting;
      this.#waiting = [];
      if (items.length > 0) yield items;
    } while (await this.#more());
    if (this.#waiting.length > 0) yield this.#waiting;
    this.#onEnd?.();
  }

  /** Releases the body, at any point. */
  async close(): Promise<void> {
    await this.#body.return?.();
  }

  /** Reads a piece of the body; false at its end. */
  async #more(): Promise<boolean> {
    if (this.#ended) return false;
    const { done = false, value } = await this.#body.next();
    this.#ended = done;
    if (!done) await this.#take(value);
    else this.#reader.end();
    this.#collect();
    return !done;
  }

  async #take(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
      const since = performance.now();
      const slice = chunk.subarray(at, at + SLICE_BYTES);
      this.#reader.write(slice);
      this.#bytes += slice.length;
      this.#collect();
      this.#busy += performance.now() - since;
      if (this.#busy >= TURN_MS) await this.#giveTurn();
    }
  }

  async #giveTurn(): Promise<void> {
    await (this.#hasReadItems ? nextTurn() : delay(this.#busy * ITEMLESS_WAIT_FACTOR));
    this.#busy = 0;
    this.#hasReadItems = false;
  }

  #collect(): void {
    const items = this.#decoder.take();
    if (items.length === 0) return;
    this.#hasReadItems = true;
    this.#waiting.push(
      ...(items.length * SPARSE_BYTES < this.#bytes ? items.map((item) => detachedCopy(item, this.#copies)) : items),
    );
    this.#bytes = 0;
  }
}
