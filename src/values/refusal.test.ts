import { expect, it } from 'vitest';
import { isRefusal } from './refusal.js';

it('distinguishes a refusal from every other result of a reader', () => {
  expect(isRefusal({ error: 'too long' })).toBe(true);
  for (const value of ['error', 7, null, undefined, new Date(0), [], { groups: 1 }])
    expect(isRefusal(value)).toBe(false);
});
