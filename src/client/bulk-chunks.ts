import type { ChangeItem } from './change-item.js';

/** Neighbouring items of a bulk. */
export interface Chunk {
  /** The place of the first one among all. */
  readonly first: number;
  readonly items: readonly ChangeItem[];
}

/** Cuts any iterable into chunks, and reads it no further than the chunk that is asked for. */
export class Chunks {
  readonly #source: AsyncIterator<ChangeItem> | Iterator<ChangeItem>;
  readonly #size: () => number;
  #first: number;
  #isOver = false;

  /** @param size how many items the next chunk has */
  constructor(items: AsyncIterable<ChangeItem> | Iterable<ChangeItem>, first: number, size: () => number) {
    this.#source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
    this.#first = first;
    this.#size = size;
  }

  /** The next chunk; undefined behind the last one. */
  async next(): Promise<Chunk | undefined> {
    const items: ChangeItem[] = [];
    for (const size = this.#size(); items.length < size && !this.#isOver; ) {
      const next = this.#source.next();
      const { done, value } = next instanceof Promise ? await next : (next as IteratorResult<ChangeItem>);
      if (done) this.#isOver = true;
      else items.push(value);
    }
    if (items.length === 0) return undefined;
    const first = this.#first;
    this.#first += items.length;
    return { first, items };
  }

  /** Tells the source that no more is read. */
  async close(): Promise<void> {
    if (!this.#isOver) await this.#source.return?.();
    this.#isOver = true;
  }
}
