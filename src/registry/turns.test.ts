import { describe, expect, it } from 'vitest';
import { Turns } from './turns.js';

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Registrars that want so many places each, in this order; who got one, in the order of getting, while each leaves at once. */
async function served(turns: Turns, ...wanted: readonly number[]): Promise<number[]> {
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

describe('turns', () => {
  it('go round the registrars, however many wait of one', async () => {
    const turns = new Turns(1);
    expect(await served(turns, 1, 1, 1, 1, 2, 2, 3)).toEqual([1, 1, 2, 3, 1, 2, 1]);
    expect([turns.inside, turns.waiting]).toEqual([0, 0]);
  });

  it('leave half of the places to the next one, and half of what is left then', async () => {
    const turns = new Turns(8);
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
    expect(turns.inside).toBe(8);
    expect(turns.waiting).toBe(24);
  });

  it('are given up by who is wanted no more, and by who has waited for too long', async () => {
    const turns = new Turns(1);
    const leave = await turns.enter(1);
    const end = new AbortController();
    const gone = turns.enter(2, end.signal);
    const late = turns.enter(3, undefined, 20);
    const last = turns.enter(4);
    end.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    await expect(late).rejects.toThrow('timeout');
    await expect(turns.enter(5, end.signal)).rejects.toThrow('gone');
    leave();
    (await last)();
    expect([turns.inside, turns.waiting]).toEqual([0, 0]);
  });
});
