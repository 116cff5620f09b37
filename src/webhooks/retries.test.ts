import { expect, it } from 'vitest';
import { PATIENCE_HOURS, pauseAfter, restAfter } from './retries.js';

it('pauses grow, and their sum is about the patience', () => {
  const pauses: number[] = [];
  for (let attempts = 1; ; attempts++) {
    const pause = pauseAfter(attempts);
    if (pause === undefined) break;
    pauses.push(pause);
  }
  expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
  const hours = pauses.reduce((sum, pause) => sum + pause, 0) / 3600;
  expect(hours).toBeGreaterThan(PATIENCE_HOURS * 0.75);
  expect(hours).toBeLessThan(PATIENCE_HOURS * 1.25);
});

it('a webhook that does not answer rests for up to an hour', () => {
  expect(restAfter(1)).toBeLessThan(10);
  expect(restAfter(100)).toBeGreaterThan(2000);
  expect(restAfter(100)).toBeLessThan(5000);
});
