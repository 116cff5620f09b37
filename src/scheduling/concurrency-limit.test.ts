import { describe, expect, it } from 'vitest';
import { ConcurrencyLimit } from './concurrency-limit.js';

describe('ConcurrencyLimit', () => {
  it('runs so many at once, the next when one has ended, in order', async () => {
    const two = new ConcurrencyLimit(2);
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const work = (n: number) =>
      two.run(() => {
        begun.push(n);
        return new Promise<number>((resolve) => {
          ends[n] = () => resolve(n);
        });
      });
    const all = [work(0), work(1), work(2), work(3)];
    expect(begun).toEqual([0, 1]);
    ends[1]?.();
    expect(await all[1]).toBe(1);
    await expect.poll(() => begun).toEqual([0, 1, 2]);
    ends[0]?.();
    ends[2]?.();
    await expect.poll(() => begun).toEqual([0, 1, 2, 3]);
    ends[3]?.();
    expect(await Promise.all(all)).toEqual([0, 1, 2, 3]);
  });

  it('runs the next one when work fails', async () => {
    const one = new ConcurrencyLimit(1);
    const failed = one.run(() => Promise.reject(new Error('no')));
    const next = one.run(() => Promise.resolve('yes'));
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('yes');
    expect(await one.run(() => Promise.resolve('again'))).toBe('again');
  });
});
