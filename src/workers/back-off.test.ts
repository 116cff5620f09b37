import { describe, expect, it } from 'vitest';
import { BackOff } from './back-off.js';

describe('BackOff', () => {
  it('replaces a worker at once, and waits longer each time that it ends at once', () => {
    const backOff = new BackOff();
    const waits = Array.from({ length: 11 }, () => backOff.wait(100));
    expect(waits).toEqual([0, 250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('begins again after a worker that served', () => {
    const backOff = new BackOff();
    for (let end = 0; end < 5; end++) backOff.wait(100);
    expect([backOff.wait(10_000), backOff.wait(100)]).toEqual([0, 250]);
  });
});
