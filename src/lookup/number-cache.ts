import type { Block, BlockRouteKey, Change, Located } from '../registry/resolve/route-answers.js';
import { RouteKeyTable, UNKNOWN } from './route-key-table.js';

/** Digits at the end of a number by which it differs from others in its block. */
const TAIL_DIGITS = 3;
const NUMBER = /^\+?([0-9]{4,15})$/;

/** A number takes four bytes: its tail, and its route key in so many bits. */
const ROUTE_KEY_BITS = 22;
const ROUTE_KEY_MASK = 2 ** ROUTE_KEY_BITS - 1;
const NUMBER_BYTES = 4;
/** Memory of a block besides its numbers and route keys. */
const BLOCK_BYTES = 400;

/** Numbers of a block that look-ups ask for before it is worth loading. */
const MIN_ASKED = 2;
/** Blocks that are counted before counting starts over. */
const MAX_COUNTED = 100_000;

interface CachedBlock {
  /** How many answers and blocks were cached before it. */
  readonly order: number;
  /** Tail and route key of each number, in ascending order. */
  readonly numbers: Uint32Array;
  /** The route key of all other numbers of the block. */
  readonly others: number;
}

/**
 * Route keys of numbers, by blocks of a thousand neighbours as the database returns them: numbers that are not provisioned,
 * or only by a range or prefix, have theirs as well. No matching rule of the look-up is repeated here.
 */
export class NumberCache {
  readonly #maxBytes: number;
  readonly #blocks = new Map<string, CachedBlock>();
  readonly #asked = new Map<string, number>();
  #routeKeys = new RouteKeyTable(ROUTE_KEY_MASK);
  #blockBytes = 0;

  /** @param maxBytes bytes of blocks and route keys, 0: no blocks; the oldest blocks go first */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether the next block would displace others. */
  get isFull(): boolean {
    return this.#bytes + BLOCK_BYTES + NUMBER_BYTES * 10 ** TAIL_DIGITS > this.#maxBytes;
  }

  get #bytes(): number {
    return this.#blockBytes + this.#routeKeys.bytes;
  }

  /** A number's route key, if the order of its block is below `before`. */
  find(before: number, identifier: string): Located | undefined {
    const number = NUMBER.exec(identifier)?.[1];
    if (number === undefined) return undefined;
    const block = this.#blocks.get(number.slice(0, -TAIL_DIGITS));
    if (block === undefined || block.order >= before) return undefined;
    const routeKey = this.#routeKeys.at(indexIn(block, Number(number.slice(-TAIL_DIGITS))));
    return routeKey === undefined ? undefined : { subject: `+${number}`, routeKey };
  }

  /** Counts a number that was not cached. Returns its block when that is worth loading. */
  count(identifier: string): Block | undefined {
    const number = NUMBER.exec(identifier)?.[1];
    if (number === undefined || this.#maxBytes === 0) return undefined;
    const prefix = number.slice(0, -TAIL_DIGITS);
    if (this.#blocks.has(prefix)) return undefined;
    const asked = (this.#asked.get(prefix) ?? 0) + 1;
    if (this.#asked.size === MAX_COUNTED) this.#asked.clear();
    this.#asked.set(prefix, asked);
    return asked < MIN_ASKED
      ? undefined
      : { lowest: prefix + '0'.repeat(TAIL_DIGITS), highest: prefix + '9'.repeat(TAIL_DIGITS) };
  }

  /** Adds a block with its order. One without route keys cannot be cached, and is not loaded again. */
  add(order: number, { lowest }: Block, routeKeys: readonly BlockRouteKey[]): void {
    const prefix = lowest.slice(0, -TAIL_DIGITS);
    this.#drop(prefix);
    this.#asked.delete(prefix);
    let others = UNKNOWN;
    const numbers: number[] = [];
    for (const [number, routeKey] of routeKeys) {
      const index = routeKey === null ? UNKNOWN : this.#routeKeys.use(routeKey);
      if (number === null) others = index;
      else numbers.push(Number(number.slice(-TAIL_DIGITS)) * 2 ** ROUTE_KEY_BITS + index);
    }
    const block = { order, numbers: Uint32Array.from(numbers).sort(), others };
    this.#blocks.set(prefix, block);
    this.#blockBytes += bytesOf(block);
    for (const oldest of this.#blocks.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#drop(oldest);
    }
  }

  /** Drops the blocks in which something has changed. */
  drop(changes: readonly Change[]): void {
    for (const [first, last] of changes) {
      if (last.endsWith(':')) this.#dropSpan(first, last);
      else if (last.length > TAIL_DIGITS) this.#dropNumbers(first.slice(0, -TAIL_DIGITS), last.slice(0, -TAIL_DIGITS));
    }
  }

  clear(): void {
    this.#blocks.clear();
    this.#asked.clear();
    this.#routeKeys = new RouteKeyTable(ROUTE_KEY_MASK);
    this.#blockBytes = 0;
  }

  #dropSpan(from: string, below: string): void {
    for (const prefix of this.#blocks.keys()) {
      if (from <= prefix + '9'.repeat(TAIL_DIGITS) && prefix + '0'.repeat(TAIL_DIGITS) < below) this.#drop(prefix);
    }
  }

  #dropNumbers(first: string, last: string): void {
    const count = Number(last) - Number(first) + 1;
    if (count <= this.#blocks.size) {
      for (let n = 0; n < count; n++) this.#drop(String(Number(first) + n).padStart(first.length, '0'));
    } else {
      for (const prefix of this.#blocks.keys()) {
        if (prefix.length === first.length && first <= prefix && prefix <= last) this.#drop(prefix);
      }
    }
  }

  #drop(prefix: string): void {
    const block = this.#blocks.get(prefix);
    if (block === undefined) return;
    this.#blocks.delete(prefix);
    this.#blockBytes -= bytesOf(block);
    this.#routeKeys.release(block.others);
    for (const number of block.numbers) this.#routeKeys.release(number & ROUTE_KEY_MASK);
  }
}

function bytesOf({ numbers }: CachedBlock): number {
  return BLOCK_BYTES + NUMBER_BYTES * numbers.length;
}

function indexIn({ numbers, others }: CachedBlock, tail: number): number {
  const min = tail * 2 ** ROUTE_KEY_BITS;
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) < min) low = middle + 1;
    else high = middle;
  }
  const found = numbers[low] ?? 0;
  return found - min > ROUTE_KEY_MASK || found < min ? others : found - min;
}
