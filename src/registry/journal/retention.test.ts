import { expect, it } from 'vitest';
import { daysToLast, periodOf } from './retention.js';

it.each([
  [1, 1],
  [69, 1],
  [70, 7],
  [90, 7],
  [299, 7],
  [300, 30],
  [3649, 30],
  [3650, 365],
  [36_500, 365],
])('what is kept for %d days has partitions of %d days', (days, period) => {
  expect(periodOf(days)).toBe(period);
  expect(daysToLast(days)).toBe(days + period + 1);
});
