/** Entries of lists, and characters of extensions and of texts that are no values, that weigh as much as a plain object. */
const PLAIN_ENTRIES = 10;
const PLAIN_TEXT = 1000;

/** What the items of a request weigh in memory, which their number alone does not tell. */
export class Weight {
  readonly #mostEntries: number;
  /** In the items before the last one. */
  #entries = 0;
  #lastEntries = 0;
  #lastText = 0;

  /** @param objects that a request may have */
  constructor(objects: number) {
    this.#mostEntries = PLAIN_ENTRIES * objects;
  }

  /** The next item begins; false if those before it have too many entries in all. */
  next(): boolean {
    this.#entries += this.#lastEntries;
    this.#lastEntries = 0;
    this.#lastText = 0;
    return this.#entries <= this.#mostEntries;
  }

  addEntries(count: number): void {
    this.#lastEntries += count;
  }

  addText(characters: number): void {
    this.#lastText += characters;
  }

  /** Of the last item, in plain ones. */
  get ofItem(): number {
    return 1 + Math.trunc(this.#lastEntries / PLAIN_ENTRIES) + Math.trunc(this.#lastText / PLAIN_TEXT);
  }
}
