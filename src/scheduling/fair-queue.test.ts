import { describe, expect, it } from 'vitest';
import { FairQueue } from './fair-queue.js';

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Registrars that ask for so many places each, in this order; returns who got one, in order, if each leaves at once. */
async function served(turns: FairQueue, ...wanted: readonly number[]): Promise<number[]> {
  const order: number[] = [];
  await Promise.all(
    wanted.map(async (registrarId) => {
      const leave = await turns.enter(registrarId);
      order.push(registrarId);
      await settled();
      leave();
    }),
  );
  return order;
}

describe('FairQueue', () => {
  it('serves the registrars in turn, however many requests of one wait', async () => {
    const turns = new FairQueue(1);
    expect(await served(turns, 1, 1, 1, 1, 2, 2, 3)).toEqual([1, 1, 2, 3, 1, 2, 1]);
    expect([turns.running, turns.waiting]).toEqual([0, 0]);
  });

  it('leaves half of the places to the next registrar, and then half of the rest', async () => {
    const turns = new FairQueue(8);
    const got = new Map<number, number>();
    for (const registrarId of [1, 2, 3, 4]) {
      for (let n = 0; n < 8; n++) {
        void Promise.resolve(turns.enter(registrarId)).then(() =>
          got.set(registrarId, (got.get(registrarId) ?? 0) + 1),
        );
      }
    }
    await settled();
    expect([...got]).toEqual([
      [1, 4],
      [2, 2],
      [3, 1],
      [4, 1],
    ]);
    expect(turns.running).toBe(8);
    expect(turns.waiting).toBe(24);
  });

  it('drops entries that are aborted, and entries that have waited too long', async () => {
    const turns = new FairQueue(1);
    const leave = await turns.enter(1);
    const end = new AbortController();
    const disconnected = turns.enter(2, end.signal);
    const late = turns.enter(3, undefined, 20);
    const last = turns.enter(4);
    end.abort(new Error('gone'));
    await expect(disconnected).rejects.toThrow('gone');
    await expect(late).rejects.toThrow('timeout');
    await expect(turns.enter(5, end.signal)).rejects.toThrow('gone');
    leave();
    (await last)();
    expect([turns.running, turns.waiting]).toEqual([0, 0]);
  });
});
