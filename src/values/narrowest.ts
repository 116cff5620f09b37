import { withoutTail } from './text.js';

/** Numbers on the number line from `first` to `last`, both included, and their carrier. */
export interface Segment {
  readonly first: bigint;
  readonly last: bigint;
  readonly carrier: string;
}

/** The last two decimal places distinguish digit strings with one value and different lengths. */
const LENGTHS = 100n;

/** Digits of a value on the number line. */
const VALUE_DIGITS = 16n;

/**
 * Makes one layer of overlapping spans: for every number the narrowest span decides, and of equally narrow ones the
 * later one. Neighbouring spans of one carrier become one segment, if at most the leading digits of the second lie
 * between them. Spans are added in the order of their first numbers.
 */
export class Narrowest {
  /** Spans that may contain the next number, the narrowest first. */
  readonly #open: (Segment & { readonly age: number })[] = [];
  #next = 0n;
  #age = 0;
  #last: Segment | undefined;

  /** @returns segments that no later span can change */
  add(span: Segment): Segment[] {
    const done = this.#layUntil(span.first);
    this.#next = span.first;
    this.#insert({ ...span, age: ++this.#age });
    return done;
  }

  /** @returns the remaining segments */
  end(): Segment[] {
    const done = this.#layUntil(undefined);
    return this.#last === undefined ? done : [...done, this.#last];
  }

  #layUntil(limit: bigint | undefined): Segment[] {
    const done: Segment[] = [];
    for (
      let top = this.#open[0];
      top !== undefined && (limit === undefined || this.#next < limit);
      top = this.#open[0]
    ) {
      if (top.last < this.#next) {
        this.#open.shift();
        continue;
      }
      const last = limit === undefined || top.last < limit ? top.last : limit - 1n;
      const { carrier } = top;
      const before = this.#last;
      if (isEmpty(this.#next, last)) {
        // Between two spans there may be positions that no digit string has.
      } else if (before?.carrier === carrier && this.#next / LENGTHS <= before.last / LENGTHS + 1n) {
        this.#last = { ...before, last };
      } else {
        if (before !== undefined) done.push(before);
        this.#last = { first: this.#next, last, carrier };
      }
      this.#next = last + 1n;
    }
    return done;
  }

  #insert(span: Segment & { readonly age: number }): void {
    const width = span.last - span.first;
    let low = 0;
    for (let high = this.#open.length; low < high; ) {
      const middle = (low + high) >> 1;
      const other = this.#open[middle] as Segment;
      if (other.last - other.first < width) low = middle + 1;
      else high = middle;
    }
    this.#open.splice(low, 0, span);
  }
}

/** Whether no digit string has one of these positions: they have one value and are too short for its digits. */
function isEmpty(first: bigint, last: bigint): boolean {
  const value = last / LENGTHS;
  if (first / LENGTHS !== value) return false;
  const padded = String(value % 10n ** VALUE_DIGITS).padStart(Number(VALUE_DIGITS), '0');
  const digits = withoutTail(padded, '0');
  return last % LENGTHS < BigInt(Math.max(digits.length, 1));
}
