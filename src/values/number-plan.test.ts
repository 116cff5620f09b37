import { expect, it } from 'vitest';
import { NumberPlan } from './number-plan.js';
import { type NumberSpan, spanOfNumber, spanOfPrefix, spanOfRange } from './number-span.js';

const range = (start: string, end: string) => spanOfRange(start, end) as NumberSpan;

it('a number counts as one', () => {
  expect(new NumberPlan().count(spanOfNumber('7'))).toBe(1n);
});

it.each([
  ['7', 10n ** 14n],
  ['12025550100', 10_000n],
  ['123456789012345', 1n],
  ['12345678901234567890', 1n],
])('without lengths, a prefix is counted to 15 digits: %s', (prefix, count) => {
  expect(new NumberPlan().count(spanOfPrefix(prefix))).toBe(count);
});

it.each([
  ['12025550100', '12025550199', 1_000_000n],
  ['0', '9', 10n ** 15n],
  ['1234', '12', 66n * 10n ** 11n],
  ['123456789012345', '123456789012346', 2n],
  ['12345678901234567', '12345678901234568', 1n],
])('and so is a range, to the last number that begins like its end: %s to %s', (start, end, count) => {
  expect(new NumberPlan().count(range(start, end))).toBe(count);
});

it('the longest matching prefix decides the length', () => {
  const plan = new NumberPlan([
    { prefix: '1', digits: 11 },
    { prefix: '44', digits: 12 },
    { prefix: '4420', digits: 13 },
  ]);
  expect(plan.count(spanOfPrefix('1202555'))).toBe(10_000n);
  expect(plan.count(range('12025550100', '12025550199'))).toBe(100n);
  expect(plan.count(spanOfPrefix('442012'))).toBe(10n ** 7n);
  expect(plan.count(spanOfPrefix('44'))).toBe(99n * 10n ** 8n + 10n ** 9n);
  expect(plan.count(spanOfPrefix('4'))).toBe(9n * 10n ** 13n + 99n * 10n ** 8n + 10n ** 9n);
  expect(plan.count(range('199', '200'))).toBe(10n ** 8n + 10n ** 12n);
  expect(plan.count(spanOfPrefix('120255501001'))).toBe(1n);
});

it('counts as many as counting one by one', () => {
  const plan = new NumberPlan([
    { prefix: '1', digits: 4 },
    { prefix: '12', digits: 3 },
    { prefix: '2', digits: 2 },
  ]);
  // Numbers of full length below 3, as the plan has them.
  const full: string[] = [];
  for (let n = 1000; n < 2000; n++) if (!String(n).startsWith('12')) full.push(String(n));
  for (let n = 120; n < 130; n++) full.push(String(n));
  for (let n = 20; n < 30; n++) full.push(String(n));
  const ends = ['1', '10', '119', '12', '120', '1201', '125', '13', '1999', '2', '20', '201', '29'];
  for (const start of ends) {
    for (const end of ends) {
      const span = spanOfRange(start, end);
      if ('error' in span) continue;
      const count = full.filter((number) => span.from <= number && number < span.below).length;
      expect(plan.count(span), `${start}-${end}`).toBe(BigInt(Math.max(count, 1)));
    }
  }
});
