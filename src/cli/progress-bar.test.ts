import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ProgressBar } from './progress-bar.js';

let printed: string[] = [];

beforeEach(() => {
  printed = [];
  vi.useFakeTimers({ toFake: ['performance'] });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    printed.push(String(text));
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

it('is a line now and then where there is no terminal, with the time left if the end is known', () => {
  const progress = new ProgressBar();
  const tell = (seconds: number, ...words: Parameters<ProgressBar['show']>) => {
    vi.advanceTimersByTime(seconds * 1000);
    progress.show(...words);
  };
  tell(0, { unit: 'lines', done: 0, failed: 0, share: 0 });
  tell(5, { unit: 'lines', done: 500, failed: 0, share: 0.1 });
  tell(5, { unit: 'lines', done: 1000, failed: 2, share: 0.2 });
  tell(5, { unit: 'lines', done: 1500, failed: 2, share: 0.3 });
  tell(20, { unit: 'objects', step: 'compared', done: 100 });
  tell(10, { unit: 'objects', step: 'compared', done: 2100 });
  progress.warn('a fault');
  progress.stop();
  expect(printed).toEqual([
    'sppp: 1000 lines, 2 failed, 20 %, 100 lines/s, 40 s left\n',
    'sppp: 2100 objects compared, 200 objects/s\n',
    'sppp: a fault\n',
  ]);
});
