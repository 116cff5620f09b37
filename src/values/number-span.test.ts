import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { narrowestFirst } from '../../test/support/narrowest-first.js';
import { holds, type NumberSpan, overlaps, spanOfNumber, spanOfPrefix, spanOfRange, width } from './number-span.js';
import { isRefusal } from './refusal.js';

/** Every number of up to four digits out of 0, 1 and 9: the whole space of the model. */
const numbers = ['0', '1', '9'].flatMap(function grow(digits: string): string[] {
  return digits.length === 4 ? [digits] : [digits, ...['0', '1', '9'].flatMap((digit) => grow(digits + digit))];
});
const aNumber = fc.constantFrom(...numbers);

/** What the words of the rule say, digit by digit. */
const model = {
  compare(a: string, b: string): number {
    for (let at = 0; at < Math.min(a.length, b.length); at++) {
      const difference = Number(a[at]) - Number(b[at]);
      if (difference !== 0) return difference;
    }
    return a.length - b.length;
  },
  isRange: (start: string, end: string) => start.startsWith(end) || model.compare(start, end) <= 0,
  rangeHolds: (start: string, end: string, digits: string) =>
    model.compare(digits, start) >= 0 && (digits.startsWith(end) || model.compare(digits, end) <= 0),
};

/** A range that the test knows to be one. */
function range(start: string, end: string): NumberSpan {
  const span = spanOfRange(start, end);
  if (isRefusal(span)) throw new Error(`${start} to ${end}: ${span.error}`);
  return span;
}

const aRange = fc
  .tuple(aNumber, aNumber)
  .filter(([start, end]) => model.isRange(start, end))
  .map(([start, end]) => range(start, end));
const aSpan: fc.Arbitrary<NumberSpan> = fc.oneof(aNumber.map(spanOfNumber), aNumber.map(spanOfPrefix), aRange);

describe('a span', () => {
  it('of a number contains only that number, of a prefix all numbers that begin with it', () => {
    fc.assert(
      fc.property(aNumber, aNumber, (number, digits) => {
        expect(holds(spanOfNumber(number), digits)).toBe(digits === number);
        expect(holds(spanOfPrefix(number), digits)).toBe(digits.startsWith(number));
      }),
    );
  });

  it('of a range contains the numbers between its ends, and all that begin with the last', () => {
    fc.assert(
      fc.property(aNumber, aNumber, aNumber, (start, end, digits) => {
        fc.pre(model.isRange(start, end));
        expect(holds(range(start, end), digits)).toBe(model.rangeHolds(start, end, digits));
      }),
    );
  });

  it('overlaps another one if a number is in both', () => {
    fc.assert(
      fc.property(aSpan, aSpan, (a, b) => {
        if (numbers.some((digits) => holds(a, digits) && holds(b, digits))) expect(overlaps(a, b)).toBe(true);
        expect(overlaps(a, b)).toBe(overlaps(b, a));
      }),
    );
  });

  it('overlaps no other one if no number is in both', () => {
    expect(overlaps(spanOfNumber('12'), spanOfPrefix('123'))).toBe(false);
    expect(overlaps(spanOfPrefix('123'), spanOfNumber('12'))).toBe(false);
    expect(overlaps(range('10', '12'), spanOfPrefix('13'))).toBe(false);
    expect(overlaps(spanOfPrefix('13'), range('10', '12'))).toBe(false);
    expect(overlaps(spanOfNumber('12'), spanOfNumber('120'))).toBe(false);
  });
});

describe('spanOfRange', () => {
  it.each([
    ['1234', '1234'],
    ['1234', '1235'],
    ['1234', '12'],
    ['12', '1234'],
    ['19', '2'],
  ])('makes a range of %s to %s', (start, end) => {
    expect(spanOfRange(start, end)).toEqual({ kind: 'range', from: start, below: `${end}:` });
  });

  it.each([
    ['1234', '11'],
    ['1235', '1234'],
    ['2', '10'],
  ])('refuses %s to %s', (start, end) => {
    expect(spanOfRange(start, end)).toEqual({ error: 'the start is after the end' });
  });

  it('refuses a start after the end', () => {
    fc.assert(
      fc.property(aNumber, aNumber, (start, end) => {
        expect(isRefusal(spanOfRange(start, end))).toBe(!model.isRange(start, end));
      }),
    );
  });
});

describe('narrowestFirst', () => {
  it('orders the number first, then by width, a range before a prefix', () => {
    const inOrder = [
      spanOfNumber('12025550123'),
      spanOfPrefix('1202555012'),
      range('1202555', '1202555'),
      spanOfPrefix('1202555'),
      range('12025550000', '12025570000'),
      spanOfPrefix('1'),
    ];
    expect([...inOrder].reverse().sort(narrowestFirst)).toEqual(inOrder);
    expect([...inOrder].sort(narrowestFirst)).toEqual(inOrder);
  });

  it('finds spans of one kind and width equal', () => {
    expect(narrowestFirst(spanOfPrefix('12'), spanOfPrefix('13'))).toBe(0);
    expect(narrowestFirst(spanOfNumber('1'), spanOfNumber('1'))).toBe(0);
  });

  it('never orders a span behind a wider one that contains it', () => {
    fc.assert(
      fc.property(aSpan, aSpan, (outer, inner) => {
        fc.pre(outer.from <= inner.from && inner.below <= outer.below);
        expect(width(inner)).toBeLessThanOrEqual(width(outer));
      }),
    );
  });

  it('is an order', () => {
    fc.assert(
      fc.property(aSpan, aSpan, aSpan, (a, b, c) => {
        expect(Math.sign(narrowestFirst(a, b))).toBe(0 - Math.sign(narrowestFirst(b, a)));
        if (narrowestFirst(a, b) <= 0 && narrowestFirst(b, c) <= 0) expect(narrowestFirst(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

describe('width', () => {
  it('is the share of all numbers', () => {
    expect(width(spanOfNumber('12025550123'))).toBe(0n);
    expect(width(range('0', '9'))).toBe(10n ** 20n);
    expect(width(spanOfPrefix('9'.repeat(20)))).toBe(1n);
    expect(width(spanOfPrefix('12'))).toBe(width(range('120', '129')));
    expect(width(spanOfPrefix('12'))).toBe(10n * width(spanOfPrefix('123')));
  });
});
