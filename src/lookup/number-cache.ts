import {
  BLOCK_DIGITS,
  type Block,
  type BlockRouteKey,
  blockOf,
  type Change,
  type Located,
} from '../registry/resolve/route-answers.js';
import { RouteKeyTable, UNKNOWN } from './route-key-table.js';

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
    return this.#bytes + BLOCK_BYTES + NUMBER_BYTES * 10 ** BLOCK_DIGITS > this.#maxBytes;
  }

  get #bytes(): number {
    return this.#blockBytes + this.#routeKeys.bytes;
  }

  /** A number's route key, if the order of its block is below `before`. */
  find(before: number, identifier: string): Located | undefined {
    const number = NUMBER.exec(identifier)?.[1];
    if (number === undefined) return undefined;
    const block = this.#blocks.get(number.slice(0, -BLOCK_DIGITS));
    if (block === undefined || block.order >= before) return undefined;
    const routeKey = this.#routeKeys.at(indexIn(block, Number(number.slice(-BLOCK_DIGITS))));
    return routeKey === undefined ? undefined : { subject: `+${number}`, routeKey };
  }

  /** Counts a number that was not cached. Returns its block when that is worth loading. */
  count(identifier: string): Block | undefined {
    const number = NUMBER.exec(identifier)?.[1];
    if (number === undefined || this.#maxBytes === 0) return undefined;
    const prefix = number.slice(0, -BLOCK_DIGITS);
    if (this.#blocks.has(prefix)) return undefined;
    const asked = (this.#asked.get(prefix) ?? 0) + 1;
    if (this.#asked.size === MAX_COUNTED) this.#asked.clear();
    this.#asked.set(prefix, asked);
    return asked < MIN_ASKED ? undefined : blockOf(prefix);
  }

  /** Whether a block is cached, or is known as one that cannot be. */
  has({ lowest }: Block): boolean {
    return this.#blocks.has(lowest.slice(0, -BLOCK_DIGITS));
  }

  /** Adds a block with its order. One without route keys cannot be cached, and is not loaded again. */
  add(order: number, { lowest }: Block, routeKeys: readonly BlockRouteKey[]): void {
    const prefix = lowest.slice(0, -BLOCK_DIGITS);
    this.#drop(prefix);
    this.#asked.delete(prefix);
    let others = UNKNOWN;
    const numbers: number[] = [];
    for (const [number, routeKey] of routeKeys) {
      const index = routeKey === null ? UNKNOWN : this.#routeKeys.use(routeKey);
      if (number === null) others = index;
      else numbers.push(Number(number.slice(-BLOCK_DIGITS)) * 2 ** ROUTE_KEY_BITS + index);
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
    for (const change of changes) {
      const [first, last] = change;
      const prefixes = [first.slice(0, -BLOCK_DIGITS), last.slice(0, -BLOCK_DIGITS)] as const;
      if (isSpan(change) || Number(prefixes[1]) - Number(prefixes[0]) >= this.#blocks.size) this.#dropAll(change);
      else if (last.length > BLOCK_DIGITS) this.#dropBetween(...prefixes);
    }
  }

  clear(): void {
    this.#blocks.clear();
    this.#asked.clear();
    this.#routeKeys = new RouteKeyTable(ROUTE_KEY_MASK);
    this.#blockBytes = 0;
  }

  #dropAll(change: Change): void {
    for (const prefix of this.#blocks.keys()) if (isChangeIn(blockOf(prefix), change)) this.#drop(prefix);
  }

  #dropBetween(first: string, last: string): void {
    for (let n = Number(first); n <= Number(last); n++) this.#drop(String(n).padStart(first.length, '0'));
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

/** Whether a change may be one of numbers in the block. */
export function isChangeIn({ lowest, highest }: Block, change: Change): boolean {
  const [first, last] = change;
  if (isSpan(change)) return first <= highest && lowest < last;
  return first.length === lowest.length && first <= highest && lowest <= last;
}

function isSpan([, last]: Change): boolean {
  return last.endsWith(':');
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
