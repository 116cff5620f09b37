import { type NumberSpan, placesOf, spanOfPrefix, unit } from './number-span.js';

/** How many digits numbers have that begin alike. */
export interface NumberLength {
  readonly prefix: string;
  readonly digits: number;
}

/** Digits of numbers of which nothing is said: the most that E.164 lets them have. */
const MAX_DIGITS = 15;

interface Part {
  readonly from: bigint;
  readonly below: bigint;
  readonly digits: number;
}

/** How long numbers are, for counting how many a range or a prefix covers. The longest prefix says it. */
export class NumberPlan {
  readonly #parts: readonly Part[];
  readonly #lengths: readonly NumberLength[];

  constructor(lengths: readonly NumberLength[] = []) {
    this.#lengths = lengths;
    const longestFirst = [...lengths].sort((a, b) => b.prefix.length - a.prefix.length);
    this.#parts = longestFirst.map(({ prefix, digits }) => ({ ...placesOf(spanOfPrefix(prefix)), digits }));
  }

  /** As JSON: the lengths that it was made of. */
  toJSON(): readonly NumberLength[] {
    return this.#lengths;
  }

  /** How many numbers of full length lie in a span; at least one. */
  count(span: NumberSpan): bigint {
    if (span.kind === 'number') return 1n;
    const { from, below } = placesOf(span);
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

/** How many numbers of so many digits there are before a place. */
function numbersBelow(place: bigint, digits: number): bigint {
  const each = unit(digits);
  return (place + each - 1n) / each;
}
