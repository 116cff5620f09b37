import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DataAge, TooOldError } from './data-age.js';

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => vi.useRealTimers());

it('allows data up to the greatest age, and none whose age nobody knows', () => {
  const age = new DataAge(60);
  age.check(0);
  age.check(60);
  expect(() => age.check(60.1)).toThrow(TooOldError);
  expect(() => age.check(60.1)).toThrow('it is a standby whose data may be 61 s old, and 60 s are allowed');
  expect(() => age.check(undefined)).toThrow('does not know how old its data are');
});

it('grows from report to report, as nothing may have arrived since', () => {
  const age = new DataAge(60);
  expect(age.seconds).toBeUndefined();
  age.check(1.5);
  expect(age.seconds).toBe(1.5);
  vi.advanceTimersByTime(2000);
  expect(age.seconds).toBe(3.5);
  expect(() => age.check(100)).toThrow();
  expect(age.seconds).toBe(100);
  expect(() => age.check(undefined)).toThrow();
  expect(age.seconds).toBeUndefined();
});
