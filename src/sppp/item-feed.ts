import { MarkupTemplate } from '../soap/markup-template.js';
import type { XmlReader } from '../soap/read-xml.js';
import type { Decoder } from './decode.js';
import type { Shape } from './item-template.js';

/** Shapes of items remembered at once: a batch mixes verbs, nouns and lengths of lists. */
const SHAPES = 16;

/** Items without any gain after which the whole message is simply read. */
const PATIENCE = 64;

/** Characters that an item without an end is waited for. */
const LONGEST_ITEM = 16_384;

/**
 * Feeds a message to the strict reader, except for what need not be read again: bulk requests repeat the same markup
 * around other texts, and an item that follows another at the same place, with markup equal to the letter, means the
 * same. Whatever differs, in markup or because a text is not plainly valid, goes to the strict reader, so nothing is
 * accepted or refused that it would not.
 */
export class ItemFeed {
  readonly #xml: XmlReader;
  readonly #decoder: Decoder;
  readonly #known: { readonly template: MarkupTemplate; readonly shape: Shape }[] = [];
  /** Characters that came and are not fed yet. */
  #text = '';
  /** What the strict reader has read since an item ended; undefined where none did. */
  #source: string | undefined;
  #patience = PATIENCE;

  constructor(xml: XmlReader, decoder: Decoder) {
    this.#xml = xml;
    this.#decoder = decoder;
  }

  write(chunk: Uint8Array): void {
    this.#text += this.#xml.decode(chunk);
    let at = 0;
    while (at < this.#text.length && this.#patience > 0) {
      const next = this.#step(at);
      if (next === at) break;
      at = next;
    }
    this.#text = this.#text.slice(at);
    if (this.#patience === 0 || this.#text.length > LONGEST_ITEM) this.#flush();
  }

  end(): void {
    this.#flush();
    this.#xml.end();
  }

  /** Takes an item by a template, or feeds a tag to the strict reader; where it has come to, unmoved if more is needed. */
  #step(at: number): number {
    if (this.#decoder.atItemEnd && this.#source === '') {
      const repeated = this.#repeat(at);
      if (repeated !== undefined) return repeated;
    }
    const tagEnd = this.#text.indexOf('>', at) + 1;
    if (tagEnd === 0) return at;
    const piece = this.#text.slice(at, tagEnd);
    this.#xml.read(piece);
    // What is longer than any template is not gathered; the next item is, from its beginning.
    if (this.#source !== undefined)
      this.#source = this.#source.length > LONGEST_ITEM ? undefined : this.#source + piece;
    if (this.#decoder.atItemEnd) this.#learn();
    return tagEnd;
  }

  /** Where the item that begins here ends, if it could be repeated; unmoved if more is needed to tell. */
  #repeat(at: number): number | undefined {
    for (const { template, shape } of this.#known) {
      const match = template.match(this.#text, at);
      if (match === 'unfinished') return at;
      if (match !== 'other' && this.#decoder.repeat(shape, match.texts)) {
        this.#xml.skipLines(template.lines);
        this.#patience = PATIENCE;
        return match.end;
      }
    }
    return undefined;
  }

  /** An item has just been read strictly: remembers it, if it began where the one before it ended. */
  #learn(): void {
    const shape = this.#decoder.lastShape;
    const template = this.#source === undefined || shape === undefined ? undefined : MarkupTemplate.of(this.#source);
    if (template !== undefined && shape?.template.fits(template.texts)) {
      this.#known.unshift({ template, shape });
      this.#known.splice(SHAPES);
    }
    this.#source = '';
    this.#patience -= 1;
  }

  #flush(): void {
    this.#xml.read(this.#text);
    this.#text = '';
    this.#source = undefined;
  }
}
