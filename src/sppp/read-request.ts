import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { Envelope } from '../soap/envelope.js';
import { XmlReader } from '../soap/read-xml.js';
import type { SoapVersion } from '../soap/version.js';
import type { XmlLimits } from '../soap/xml-limits.js';
import { type DecodeLimits, Decoder } from './decode.js';
import { detachedCopy } from './detached-copy.js';
import { ItemFeed } from './item-feed.js';
import type { Head, Item } from './message.js';

/** Bytes that are read at once, and milliseconds of reading after which others get a turn: a body can be made to read slowly. */
const SLICE = 8192;
const TURN = 1;

/** Bytes of a message to each item beyond which its texts are copied: they would keep alive what is around them. */
const SPARSE = 2048;

/** How many times as long others get, if the reading brought no item: megabytes of nothing are nobody's need. */
const FRUITLESS = 3;

/**
 * A request as it comes in: its head first, then its items, never the whole. Reading throws SoapFault for what is no
 * SPPP message, RequestRefusedError for one that cannot be carried out, and what the body itself throws.
 */
export class RequestReader {
  readonly #body: AsyncIterator<Uint8Array>;
  readonly #decoder: Decoder;
  readonly #envelope: Envelope;
  readonly #feed: ItemFeed;
  #waiting: Item[] = [];
  #ended = false;
  readonly #copies = new WeakMap<object, unknown>();
  /** Bytes that were read since the last items came. */
  #bytes = 0;
  /** Milliseconds of reading since others had a turn, and whether it brought items. */
  #busy = 0;
  #isFruitful = false;
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
    this.#feed = new ItemFeed(xml, this.#decoder);
  }

  /** Of the envelope, once its start was read. */
  get version(): SoapVersion | undefined {
    return this.#envelope.version;
  }

  /** What was read of the head, also when reading was refused. */
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

  /** The items in the order of the request; has ended only when the whole message was well-formed. */
  async *items(): AsyncGenerator<readonly Item[]> {
    do {
      const items = this.#waiting;
      this.#waiting = [];
      if (items.length > 0) yield items;
    } while (await this.#more());
    if (this.#waiting.length > 0) yield this.#waiting;
    this.#onEnd?.();
  }

  /** Lets go of the body, however much of it has been read. */
  async close(): Promise<void> {
    await this.#body.return?.();
  }

  /** Reads a piece of the body; false when there was none. */
  async #more(): Promise<boolean> {
    if (this.#ended) return false;
    const { done = false, value } = await this.#body.next();
    this.#ended = done;
    if (!done) await this.#take(value);
    else this.#feed.end();
    this.#gather();
    return !done;
  }

  async #take(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; at += SLICE) {
      const since = performance.now();
      const slice = chunk.subarray(at, at + SLICE);
      this.#feed.write(slice);
      this.#bytes += slice.length;
      this.#gather();
      this.#busy += performance.now() - since;
      if (this.#busy >= TURN) await this.#giveTurn();
    }
  }

  async #giveTurn(): Promise<void> {
    await (this.#isFruitful ? nextTurn() : delay(this.#busy * FRUITLESS));
    this.#busy = 0;
    this.#isFruitful = false;
  }

  #gather(): void {
    const items = this.#decoder.take();
    if (items.length === 0) return;
    this.#isFruitful = true;
    this.#waiting.push(
      ...(items.length * SPARSE < this.#bytes ? items.map((item) => detachedCopy(item, this.#copies)) : items),
    );
    this.#bytes = 0;
  }
}
