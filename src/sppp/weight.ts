/** Entries of lists, and characters of extensions and of invalid texts, that weigh as much as a plain object. */
const PLAIN_ENTRIES = 10;
const PLAIN_TEXT = 1000;

/** The weight of the items of a request in memory, which their number does not show. */
export class Weight {
  readonly #maxEntries: number;
  /** Entries of the items before the last one. */
  #entries = 0;
  #lastEntries = 0;
  #lastText = 0;

  /** @param objects maximum of objects in a request */
  constructor(objects: number) {
    this.#maxEntries = PLAIN_ENTRIES * objects;
  }

  /** Starts the next item; false if those before it have too many entries in total. */
  next(): boolean {
    this.#entries += this.#lastEntries;
    this.#lastEntries = 0;
    this.#lastText = 0;
    return this.#entries <= this.#maxEntries;
  }

  addEntries(count: number): void {
    this.#lastEntries += count;
  }

  addText(characters: number): void {
    this.#lastText += characters;
  }

  /** The weight of the last item, in plain ones. */
  get ofItem(): number {
    return 1 + Math.trunc(this.#lastEntries / PLAIN_ENTRIES) + Math.trunc(this.#lastText / PLAIN_TEXT);
  }
}
