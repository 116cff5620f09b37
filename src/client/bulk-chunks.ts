import type { ChangeItem } from './change-item.js';
import { checkItem } from './check-arguments.js';

/** Neighbouring items of a bulk. */
export interface Chunk {
  /** The place of the first one among all. */
  readonly first: number;
  readonly items: readonly ChangeItem[];
}

/** Cuts any iterable into chunks, and reads it no further than the chunk that is asked for. */
export class Chunks {
  readonly #source: AsyncIterator<ChangeItem> | Iterator<ChangeItem>;
  readonly #isAsync: boolean;
  readonly #size: () => number;
  #first: number;
  #isOver = false;

  /** @param size how many items the next chunk has */
  constructor(items: AsyncIterable<ChangeItem> | Iterable<ChangeItem>, first: number, size: () => number) {
    const source = (items as Partial<AsyncIterable<ChangeItem>>)[Symbol.asyncIterator]?.();
    this.#isAsync = source !== undefined;
    this.#source = source ?? (items as Iterable<ChangeItem>)[Symbol.iterator]();
    this.#first = first;
    this.#size = size;
  }

  /**
   * The next chunk; undefined behind the last one.
   *
   * @throws WrongUseError for an item that is no change, and what reading the items throws
   */
  async next(): Promise<Chunk | undefined> {
    const items: ChangeItem[] = [];
    for (const size = this.#size(); items.length < size && !this.#isOver; ) {
      const next = this.#source.next();
      const { done, value } = (this.#isAsync ? await next : next) as IteratorResult<ChangeItem>;
      if (done) this.#isOver = true;
      else {
        checkItem('bulk', value, this.#first + items.length);
        items.push(value);
      }
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
