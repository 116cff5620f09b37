import { describe, expect, it } from 'vitest';
import { BulkLimiter } from './bulk-limiter.js';

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('BulkLimiter', () => {
  it('admits requests up to its limit, and the next one when one ends', async () => {
    const bulkLimiter = new BulkLimiter({ inAll: 2, perRegistrar: 2, waiting: 9 });
    const leave = await bulkLimiter.enter(1);
    await bulkLimiter.enter(2);
    let third = false;
    void bulkLimiter.enter(3).then(() => {
      third = true;
    });
    await settled();
    expect(third).toBe(false);
    leave?.();
    await settled();
    expect(third).toBe(true);
  });

  it('admits other registrars while one uses its whole share', async () => {
    const bulkLimiter = new BulkLimiter({ inAll: 2, perRegistrar: 1, waiting: 9 });
    const entered: string[] = [];
    const leave = await bulkLimiter.enter(1);
    void bulkLimiter.enter(1).then(() => entered.push('its second'));
    void bulkLimiter.enter(2).then(() => entered.push('another'));
    await settled();
    expect(entered).toEqual(['another']);
    leave?.();
    await settled();
    expect(entered).toEqual(['another', 'its second']);
  });

  it('lets a registrar take at most half of the free waiting places', async () => {
    const bulkLimiter = new BulkLimiter({ inAll: 1, perRegistrar: 1, waiting: 4 });
    await bulkLimiter.enter(1);
    const answered = new Map<number, number>();
    for (const registrarId of [1, 1, 1, 1, 2, 2, 3]) {
      void bulkLimiter.enter(registrarId).then((place) => {
        if (place === undefined) answered.set(registrarId, (answered.get(registrarId) ?? 0) + 1);
      });
    }
    await settled();
    expect([...answered]).toEqual([
      [1, 2],
      [2, 1],
    ]);
    expect(bulkLimiter.waiting).toBe(4);
  });

  it('refuses requests if there is no free waiting place', async () => {
    const bulkLimiter = new BulkLimiter({ inAll: 1, perRegistrar: 1, waiting: 1 });
    const leave = await bulkLimiter.enter(1);
    const waiting = bulkLimiter.enter(1);
    expect(await bulkLimiter.enter(1)).toBeUndefined();
    leave?.();
    const leaveToo = await waiting;
    leaveToo?.();
    expect(await bulkLimiter.enter(1)).toBeTypeOf('function');
  });
});
