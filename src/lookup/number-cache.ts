import type { Block, BlockRouteKey, Change, Located } from '../registry/resolve/route-answers.js';
import { RouteKeyTable, UNKNOWN } from './route-key-table.js';

/** Numbers that differ in so many digits at their end are in one block. */
const TAIL = 3;
const NUMBER = /^\+?([0-9]{4,15})$/;

/** A number takes four bytes: its tail, and in so many bits which place it has. */
const ROUTE_KEY_BITS = 22;
const ROUTE_KEY_MASK = 2 ** ROUTE_KEY_BITS - 1;
const NUMBER_BYTES = 4;
/** What a block takes besides, its places not counted. */
const BLOCK_BYTES = 400;

/** A block is worth loading when so many of its numbers have been asked for. */
const MIN_ASKED = 2;
/** Blocks that are counted; then counting begins again. */
const MAX_COUNTED = 100_000;

interface CachedBlock {
  /** How much had been kept before. */
  readonly order: number;
  /** In the order of the tails. */
  readonly numbers: Uint32Array;
  /** The place of all numbers that are not among them. */
  readonly others: number;
}

/**
 * Where numbers are, by blocks of a thousand neighbours. Neighbours that are not there are known as well, and what spans
 * hold is as the database says it is: nothing is found here by other rules than there.
 */
export class NumberCache {
  readonly #most: number;
  readonly #blocks = new Map<string, CachedBlock>();
  readonly #asked = new Map<string, number>();
  #routeKeys = new RouteKeyTable(ROUTE_KEY_MASK);
  #blockBytes = 0;

  /** @param most bytes that blocks and places may take, 0 for none at all; blocks kept first go first */
  constructor(most: number) {
    this.#most = most;
  }

  /** Whether others have to go for the next block. */
  get isFull(): boolean {
    return this.#bytes + BLOCK_BYTES + NUMBER_BYTES * 10 ** TAIL > this.#most;
  }

  get #bytes(): number {
    return this.#blockBytes + this.#routeKeys.bytes;
  }

  /** Where a number is, if its block was kept before so much else. */
  find(before: number, identifier: string): Located | undefined {
    const number = NUMBER.exec(identifier)?.[1];
    if (number === undefined) return undefined;
    const block = this.#blocks.get(number.slice(0, -TAIL));
    if (block === undefined || block.order >= before) return undefined;
    const routeKey = this.#routeKeys.at(indexIn(block, Number(number.slice(-TAIL))));
    return routeKey === undefined ? undefined : { subject: `+${number}`, routeKey };
  }

  /** Counts that a number had to be asked for. Gives its block when it should be kept. */
  count(identifier: string): Block | undefined {
    const number = NUMBER.exec(identifier)?.[1];
    if (number === undefined || this.#most === 0) return undefined;
    const head = number.slice(0, -TAIL);
    if (this.#blocks.has(head)) return undefined;
    const asked = (this.#asked.get(head) ?? 0) + 1;
    if (this.#asked.size === MAX_COUNTED) this.#asked.clear();
    this.#asked.set(head, asked);
    return asked < MIN_ASKED ? undefined : { lowest: head + '0'.repeat(TAIL), highest: head + '9'.repeat(TAIL) };
  }

  /** Keeps a block, as the one after so much else. Of a block without places it is known that it cannot be kept. */
  keep(order: number, { lowest }: Block, routeKeys: readonly BlockRouteKey[]): void {
    const head = lowest.slice(0, -TAIL);
    this.#drop(head);
    this.#asked.delete(head);
    let others = UNKNOWN;
    const numbers: number[] = [];
    for (const [number, routeKey] of routeKeys) {
      const index = routeKey === null ? UNKNOWN : this.#routeKeys.use(routeKey);
      if (number === null) others = index;
      else numbers.push(Number(number.slice(-TAIL)) * 2 ** ROUTE_KEY_BITS + index);
    }
    const block = { order, numbers: Uint32Array.from(numbers).sort(), others };
    this.#blocks.set(head, block);
    this.#blockBytes += bytesOf(block);
    for (const oldest of this.#blocks.keys()) {
      if (this.#bytes <= this.#most) break;
      this.#drop(oldest);
    }
  }

  /** Forgets the blocks in which something has changed. */
  drop(changes: readonly Change[]): void {
    for (const [first, last] of changes) {
      if (last.endsWith(':')) this.#dropSpan(first, last);
      else if (last.length > TAIL) this.#dropNumbers(first.slice(0, -TAIL), last.slice(0, -TAIL));
    }
  }

  clear(): void {
    this.#blocks.clear();
    this.#asked.clear();
    this.#routeKeys = new RouteKeyTable(ROUTE_KEY_MASK);
    this.#blockBytes = 0;
  }

  #dropSpan(from: string, below: string): void {
    for (const head of this.#blocks.keys()) {
      if (from <= head + '9'.repeat(TAIL) && head + '0'.repeat(TAIL) < below) this.#drop(head);
    }
  }

  #dropNumbers(first: string, last: string): void {
    const count = Number(last) - Number(first) + 1;
    if (count <= this.#blocks.size) {
      for (let n = 0; n < count; n++) this.#drop(String(Number(first) + n).padStart(first.length, '0'));
    } else {
      for (const head of this.#blocks.keys()) {
        if (head.length === first.length && first <= head && head <= last) this.#drop(head);
      }
    }
  }

  #drop(head: string): void {
    const block = this.#blocks.get(head);
    if (block === undefined) return;
    this.#blocks.delete(head);
    this.#blockBytes -= bytesOf(block);
    this.#routeKeys.release(block.others);
    for (const number of block.numbers) this.#routeKeys.release(number & ROUTE_KEY_MASK);
  }
}

function bytesOf({ numbers }: CachedBlock): number {
  return BLOCK_BYTES + NUMBER_BYTES * numbers.length;
}

function indexIn({ numbers, others }: CachedBlock, tail: number): number {
  const least = tail * 2 ** ROUTE_KEY_BITS;
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) < least) low = middle + 1;
    else high = middle;
  }
  const found = numbers[low] ?? 0;
  return found - least > ROUTE_KEY_MASK || found < least ? others : found - least;
}
