import { describe, expect, it } from 'vitest';
import { HeldRequests } from './held-requests.js';

/** Requests of which the first letter is the key. */
function held(...requests: string[]): HeldRequests<string> {
  const all = new HeldRequests<string>(([key = '']) => key, 4);
  all.hold(requests);
  return all;
}

describe('HeldRequests', () => {
  it('tries the requests of each key by themselves, one group at a time', () => {
    const all = held('a1', 'b1', 'a2');
    expect(all.next()).toEqual(['a1', 'a2']);
    expect(all.next()).toBeUndefined();
    all.settle(['a1', 'a2'], []);
    expect(all.next()).toEqual(['b1']);
    all.settle(['b1'], []);
    expect(all.isEmpty).toBe(true);
  });

  it('takes what comes with a key that is held or tried, and nothing else', () => {
    const all = held('a1');
    const group = all.next() ?? [];
    expect([all.takes('a2'), all.takes('a3'), all.takes('b1')]).toEqual([true, true, false]);
    all.settle(group, []);
    expect(all.next()).toEqual(['a2', 'a3']);
    all.settle(['a2', 'a3'], []);
    expect(all.takes('a4')).toBe(false);
  });

  it('makes groups of a limited size of what comes', () => {
    const all = held('a0');
    for (let n = 1; n <= 5; n++) all.takes(`a${n}`);
    const sizes: number[] = [];
    for (let group = all.next(); group !== undefined; group = all.next()) {
      sizes.push(group.length);
      all.settle(group, []);
    }
    expect(sizes).toEqual([1, 4, 1]);
  });

  it('halves a group that is stuck again, until what is stuck is alone', () => {
    const all = held('a1', 'a2', 'a3', 'a4');
    const done: string[] = [];
    for (let tries = 0; tries < 6; tries++) {
      const group = all.next() ?? [];
      const stuck = group.includes('a3') ? group : [];
      if (stuck.length === 0) done.push(...group);
      all.settle(group, stuck);
    }
    expect(done).toEqual(['a1', 'a2', 'a4']);
    expect(all.next()).toEqual(['a3']);
  });

  it('gives back what has waited for too long, but not what is being tried', () => {
    const all = held('a1', 'b1');
    all.takes('b2');
    const group = all.next() ?? [];
    expect(all.takeOut((request) => request !== 'b2')).toEqual(['b1']);
    all.settle(group, []);
    expect(all.next()).toEqual(['b2']);
    all.settle(['b2'], []);
    expect(all.isEmpty).toBe(true);
  });
});
