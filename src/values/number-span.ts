import { MAX_NUMBER_LENGTH } from './digits.js';
import type { Refusal } from './refusal.js';

/**
 * What a number, a range or a prefix takes of the number space: the digit strings from `from` up to, not including,
 * `below`, in ASCII order. Digit by digit from the left is how open numbering plans compare: numbers of any length
 * that begin alike lie together.
 */
export interface NumberSpan {
  readonly kind: 'number' | 'range' | 'prefix';
  readonly from: string;
  readonly below: string;
}

/** Follows 9 in ASCII: behind the digits of an end it stands after every number that begins with them. */
const AFTER_NINE = ':';

/** The span of one number alone: its next neighbour is itself with a 0 behind. */
export function spanOfNumber(digits: string): NumberSpan {
  return { kind: 'number', from: digits, below: `${digits}0` };
}

/** The span of all numbers that begin with these digits. */
export function spanOfPrefix(digits: string): NumberSpan {
  return { kind: 'prefix', from: digits, below: digits + AFTER_NINE };
}

/**
 * The span from a number to another, with all that begin as the latter. Refused where the start lies after the end:
 * 1234 to 12 is a range, as 12 covers 1234; 1234 to 11 is none.
 */
export function spanOfRange(start: string, end: string): NumberSpan | Refusal {
  const below = end + AFTER_NINE;
  return start < below ? { kind: 'range', from: start, below } : { error: 'the start lies after the end' };
}

/** Whether these digits lie in the span. */
export function holds(span: NumberSpan, digits: string): boolean {
  return span.from <= digits && digits < span.below;
}

/** Whether some number may lie in both spans. */
export function overlaps(a: NumberSpan, b: NumberSpan): boolean {
  return a.from < b.below && b.from < a.below;
}

/**
 * The share of the number space, in units of 10^-20: digits are read as decimals of a fraction, so that 12 is as wide
 * as 120 to 129, and ten times as wide as 123. A number alone has no width.
 */
export function width(span: NumberSpan): bigint {
  if (span.kind === 'number') return 0n;
  const { from, below } = placesOf(span);
  return below - from;
}

/** Where a range or prefix begins in the number space, and where what follows it does, in units of 10^-20. */
export function placesOf({ from, below }: NumberSpan): { readonly from: bigint; readonly below: bigint } {
  return { from: fraction(from), below: fraction(below.slice(0, -1)) + unit(below.length - 1) };
}

function fraction(digits: string): bigint {
  return BigInt(digits) * unit(digits.length);
}

/** What 1 in the last of so many places is worth. */
export function unit(places: number): bigint {
  return 10n ** BigInt(MAX_NUMBER_LENGTH - places);
}
