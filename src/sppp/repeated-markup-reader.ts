import { MarkupTemplate } from '../soap/markup-template.js';
import type { XmlReader } from '../soap/read-xml.js';
import type { Decoder } from './decode.js';
import type { Shape } from './item-template.js';

/** Maximum of stored shapes: a batch mixes verbs, nouns and lengths of lists. */
const MAX_SHAPES = 16;

/** Strictly read items after which the rest of the message is read without templates. */
const MAX_STRICT_ITEMS = 64;

/** Maximum length of an item for a template. */
const MAX_ITEM_LENGTH = 16_384;

/**
 * Reads a message with the strict reader, except for repeated markup. Bulk requests repeat the same markup around other
 * texts, and an item with the markup of an earlier one, directly behind an item, has the same meaning. The strict
 * reader reads every item that differs in markup or has a text that needs a closer look, so the results are always its
 * results.
 */
export class RepeatedMarkupReader {
  readonly #xml: XmlReader;
  readonly #decoder: Decoder;
  readonly #known: { readonly template: MarkupTemplate; readonly shape: Shape }[] = [];
  /** Characters that are not read yet. */
  #text = '';
  /** The text that the strict reader has read since the end of an item; undefined before the first one. */
  #source: string | undefined;
  #strictItemsLeft = MAX_STRICT_ITEMS;

  constructor(xml: XmlReader, decoder: Decoder) {
    this.#xml = xml;
    this.#decoder = decoder;
  }

  write(chunk: Uint8Array): void {
    this.#text += this.#xml.decode(chunk);
    let at = 0;
    while (at < this.#text.length && this.#strictItemsLeft > 0) {
      const next = this.#step(at);
      if (next === at) break;
      at = next;
    }
    this.#text = this.#text.slice(at);
    if (this.#strictItemsLeft === 0 || this.#text.length > MAX_ITEM_LENGTH) this.#flush();
  }

  end(): void {
    this.#flush();
    this.#xml.end();
  }

  /**
   * Reads an item by a template or a tag by the strict reader. Returns the new index, the same one if more text is
   * needed.
   */
  #step(at: number): number {
    if (this.#decoder.atItemEnd && this.#source === '') {
      const repeated = this.#repeat(at);
      if (repeated !== undefined) return repeated;
    }
    const tagEnd = this.#text.indexOf('>', at) + 1;
    if (tagEnd === 0) return at;
    const piece = this.#text.slice(at, tagEnd);
    this.#xml.read(piece);
    // A source that is too long for a template is dropped; the next item starts a new one.
    if (this.#source !== undefined)
      this.#source = this.#source.length > MAX_ITEM_LENGTH ? undefined : this.#source + piece;
    if (this.#decoder.atItemEnd) this.#learn();
    return tagEnd;
  }

  /** The end of the item at this index, if a template matches; the same index if more text is needed to decide. */
  #repeat(at: number): number | undefined {
    for (const { template, shape } of this.#known) {
      const match = template.match(this.#text, at);
      if (match === 'unfinished') return at;
      if (match !== 'other' && this.#decoder.repeat(shape, match.texts)) {
        this.#xml.skipLines(template.lines);
        this.#strictItemsLeft = MAX_STRICT_ITEMS;
        return match.end;
      }
    }
    return undefined;
  }

  /** Stores the template of an item that the strict reader has read, if it began at the end of the previous one. */
  #learn(): void {
    const shape = this.#decoder.lastShape;
    const template = this.#source === undefined || shape === undefined ? undefined : MarkupTemplate.of(this.#source);
    if (template !== undefined && shape?.template.fits(template.texts)) {
      this.#known.unshift({ template, shape });
      this.#known.splice(MAX_SHAPES);
    }
    this.#source = '';
    this.#strictItemsLeft -= 1;
  }

  #flush(): void {
    this.#xml.read(this.#text);
    this.#text = '';
    this.#source = undefined;
  }
}
