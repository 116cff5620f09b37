import { extentOf, type NumberSpan, spanOfPrefix, unit } from './number-span.js';

/** The number of digits of numbers with a common beginning. */
export interface NumberLength {
  readonly prefix: string;
  readonly digits: number;
}

/** Digits of numbers without a configured length: the maximum of E.164. */
const MAX_DIGITS = 15;

interface Part {
  readonly from: bigint;
  readonly below: bigint;
  readonly digits: number;
}

/** The lengths of numbers, for counting the numbers in a range or a prefix. The longest matching prefix decides. */
export class NumberPlan {
  readonly #parts: readonly Part[];

  constructor(lengths: readonly NumberLength[] = []) {
    const longestFirst = [...lengths].sort((a, b) => b.prefix.length - a.prefix.length);
    this.#parts = longestFirst.map(({ prefix, digits }) => ({ ...extentOf(spanOfPrefix(prefix)), digits }));
  }

  /** How many numbers of full length lie in a span; at least one. */
  count(span: NumberSpan): bigint {
    if (span.kind === 'number') return 1n;
    const { from, below } = extentOf(span);
    const parts = this.#parts.filter((part) => part.from < below && from < part.below);
    const inside = parts.flatMap((part) => [part.from, part.below]).filter((place) => from < place && place < below);
    const places = [from, ...inside.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)), below];
    let count = 0n;
    for (let index = 1; index < places.length; index++) {
      const [start = 0n, end = 0n] = [places[index - 1], places[index]];
      const digits = parts.find((part) => part.from <= start && start < part.below)?.digits ?? MAX_DIGITS;
      count += numbersBelow(end, digits) - numbersBelow(start, digits);
    }
    return count === 0n ? 1n : count;
  }
}

/** The number of numbers with this many digits before a position. */
function numbersBelow(position: bigint, digits: number): bigint {
  const each = unit(digits);
  return (position + each - 1n) / each;
}
