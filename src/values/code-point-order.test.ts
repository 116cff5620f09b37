import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareCodePoints } from './code-point-order.js';

it('compares texts as their UTF-8 compares', () => {
  const text = fc.string({ unit: 'binary', maxLength: 6 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareCodePoints(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { numRuns: 2000 },
  );
  expect(compareCodePoints('\u{1f600}', '\uffff')).toBeGreaterThan(0);
  expect(compareCodePoints('a', 'ab')).toBeLessThan(0);
  expect(compareCodePoints('ab', 'ab')).toBe(0);
});
