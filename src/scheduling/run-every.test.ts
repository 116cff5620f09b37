import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runEvery } from './run-every.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const none = (error: unknown) => expect.fail(String(error));

it('runs at once and at the interval, and leaves out what is due while a run is in progress', async () => {
  const ends: (() => void)[] = [];
  const work = vi.fn(() => new Promise<void>((resolve) => ends.push(resolve)));
  const stop = runEvery(work, none, 1000);
  await vi.advanceTimersByTimeAsync(0);
  expect(work).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(5500);
  expect(work).toHaveBeenCalledTimes(1);
  ends.shift()?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(work).toHaveBeenCalledTimes(1); // Nothing has queued.
  await vi.advanceTimersByTimeAsync(500);
  expect(work).toHaveBeenCalledTimes(2);
  let isStopped = false;
  const stopped = stop().then(() => {
    isStopped = true;
  });
  await vi.advanceTimersByTimeAsync(5000);
  expect([work.mock.calls.length, isStopped]).toEqual([2, false]); // It waits for the run in progress.
  ends.shift()?.();
  await stopped;
});

it('goes on after failures, also of work that throws at once', async () => {
  const seen: unknown[] = [];
  let runs = 0;
  const work = () => {
    runs += 1;
    if (runs === 1) throw new Error('at once');
    return Promise.reject(new Error('later'));
  };
  const stop = runEvery(work, (error) => seen.push(String(error)), 1000);
  await vi.advanceTimersByTimeAsync(1000);
  expect(seen).toEqual(['Error: at once', 'Error: later']);
  await stop();
});
