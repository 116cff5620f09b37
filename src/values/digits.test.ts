import { expect, it } from 'vitest';
import { digitsOf } from './digits.js';

it.each(['0', '1', '12025550123', '0012', '1'.repeat(20)])('finds the digits of %s', (digits) => {
  expect(digitsOf(digits)).toBe(digits);
});

it.each(['0', '12025550123', '0012', '1'.repeat(19)])('leaves out the plus sign of +%s', (digits) => {
  expect(digitsOf(`+${digits}`)).toBe(digits);
});

it.each(['', '+', '++1', '1+', '1 2', '-1', '1a', 'a1', '\u0661\u0662', '1\n', '1.5'])(
  'finds no number in %j',
  (value) => {
    expect(digitsOf(value)).toEqual({ error: 'not digits 0 to 9 after an optional +' });
  },
);

it.each(['1'.repeat(21), `+${'1'.repeat(20)}`])('finds %s too long', (value) => {
  expect(digitsOf(value)).toEqual({ error: 'more than 20 characters' });
});
