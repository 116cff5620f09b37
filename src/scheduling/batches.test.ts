import { describe, expect, it } from 'vitest';
import { Batches } from './batches.js';

describe('Batches', () => {
  it('puts together what comes in one turn, and what comes while some is done, up to a limit', async () => {
    const together: number[][] = [];
    const batches = new Batches<number, string>(async (items) => {
      together.push([...items]);
      if (items.includes(1)) for (const item of [5, 6]) later(item);
      return items.map(String);
    }, 3);
    const results: Promise<string>[] = [];
    const later = (item: number) => results.push(batches.add(item));
    for (const item of [1, 2, 3, 4]) later(item);
    await Promise.all(results);
    expect(await Promise.all(results)).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(together).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(await batches.add(9)).toBe('9');
  });

  it('rejects all of a batch with its error, and goes on', async () => {
    const batches = new Batches<number, number>(async (items) => {
      if (items.includes(2)) throw new Error('no 2');
      return items;
    }, 2);
    const results = await Promise.allSettled([1, 2, 3].map((item) => batches.add(item)));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  });
});
