import { describe, expect, it } from 'vitest';
import { CredentialCache } from './credential-cache.js';

const one = { id: 1 };

describe('CredentialCache', () => {
  it('knows credentials, keys without one, and that it does not know others', () => {
    const cache = new CredentialCache<typeof one>();
    cache.set({ username: 'there' }, one);
    cache.set({ username: 'absent' }, null);
    expect(cache.get({ username: 'there' })).toBe(one);
    expect(cache.get({ username: 'absent' })).toBe(null);
    expect(cache.get({ username: 'other' })).toBe(undefined);
    cache.clear();
    expect(cache.get({ username: 'there' })).toBe(undefined);
  });

  it('separates user names from certificates', () => {
    const cache = new CredentialCache<typeof one>();
    cache.set({ username: 'a' }, one);
    expect(cache.get({ fingerprint: 'a' })).toBe(undefined);
  });

  it('drops the least recently used of each kind', () => {
    const cache = new CredentialCache<typeof one>(2);
    for (const username of ['a', 'b']) cache.set({ username }, one);
    cache.set({ fingerprint: 'f' }, one);
    expect(cache.get({ username: 'a' })).toBe(one);
    cache.set({ username: 'c' }, one);
    for (let n = 0; n < 10; n++) {
      cache.set({ username: `made up ${n}` }, null);
      cache.set({ fingerprint: `made up ${n}` }, null);
    }
    expect(['a', 'b', 'c'].map((username) => cache.get({ username }))).toEqual([one, undefined, one]);
    expect(cache.get({ fingerprint: 'f' })).toBe(one);
    expect([7, 8, 9].map((n) => cache.get({ username: `made up ${n}` }))).toEqual([undefined, null, null]);
  });
});
