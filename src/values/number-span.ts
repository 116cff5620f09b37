import { MAX_NUMBER_LENGTH } from './digits.js';
import type { Refusal } from './refusal.js';

/**
 * The part of the number space that a number, a range or a prefix covers: the digit strings from `from` up to, not
 * including, `below`, in ASCII order. Numbers compare digit by digit from the left, so in open numbering plans numbers
 * of any length with a common beginning are neighbours.
 */
export interface NumberSpan {
  readonly kind: 'number' | 'range' | 'prefix';
  readonly from: string;
  readonly below: string;
}

/** Follows 9 in ASCII: after the digits of an end it sorts behind every number that begins with them. */
const AFTER_NINE = ':';

/** The span of one number; the next digit string is the number followed by 0. */
export function spanOfNumber(digits: string): NumberSpan {
  return { kind: 'number', from: digits, below: `${digits}0` };
}

/** The span of all numbers that begin with these digits. */
export function spanOfPrefix(digits: string): NumberSpan {
  return { kind: 'prefix', from: digits, below: digits + AFTER_NINE };
}

/**
 * The span from one number to another, with all numbers that begin with the latter. A Refusal if the start is after the
 * end: 1234 to 12 is a range, because 12 covers 1234; 1234 to 11 is not.
 */
export function spanOfRange(start: string, end: string): NumberSpan | Refusal {
  const below = end + AFTER_NINE;
  return start < below ? { kind: 'range', from: start, below } : { error: 'the start is after the end' };
}

/** Whether the span contains these digits. */
export function holds(span: NumberSpan, digits: string): boolean {
  return span.from <= digits && digits < span.below;
}

/** Whether a number can be in both spans. */
export function overlaps(a: NumberSpan, b: NumberSpan): boolean {
  return a.from < b.below && b.from < a.below;
}

/**
 * The share of the number space, in units of 10^-20: digits are the decimals of a fraction, so 12 is as wide as 120 to
 * 129, and ten times as wide as 123. A single number has no width.
 */
export function width(span: NumberSpan): bigint {
  if (span.kind === 'number') return 0n;
  const { from, below } = extentOf(span);
  return below - from;
}

/** The start of a range or prefix in the number space and the start of the space behind it, in units of 10^-20. */
export function extentOf({ from, below }: NumberSpan): { readonly from: bigint; readonly below: bigint } {
  return { from: fraction(from), below: fraction(below.slice(0, -1)) + unit(below.length - 1) };
}

function fraction(digits: string): bigint {
  return BigInt(digits) * unit(digits.length);
}

/** The value of 1 in the last of this many decimal places. */
export function unit(places: number): bigint {
  return 10n ** BigInt(MAX_NUMBER_LENGTH - places);
}
