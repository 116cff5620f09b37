import { describe, expect, it } from 'vitest';
import { CredentialCache } from './credential-cache.js';

const one = { id: 1 };

describe('KnownCredentials', () => {
  it('tells what is there, what is not, and what is not known', () => {
    const known = new CredentialCache<typeof one>();
    known.set({ username: 'there' }, one);
    known.set({ username: 'absent' }, null);
    expect(known.get({ username: 'there' })).toBe(one);
    expect(known.get({ username: 'absent' })).toBe(null);
    expect(known.get({ username: 'other' })).toBe(undefined);
    known.clear();
    expect(known.get({ username: 'there' })).toBe(undefined);
  });

  it('keeps names and certificates apart', () => {
    const known = new CredentialCache<typeof one>();
    known.set({ username: 'a' }, one);
    expect(known.get({ fingerprint: 'a' })).toBe(undefined);
  });

  it('forgets by each kind what was used least recently', () => {
    const known = new CredentialCache<typeof one>(2);
    for (const username of ['a', 'b']) known.set({ username }, one);
    known.set({ fingerprint: 'f' }, one);
    expect(known.get({ username: 'a' })).toBe(one);
    known.set({ username: 'c' }, one);
    for (let n = 0; n < 10; n++) {
      known.set({ username: `made up ${n}` }, null);
      known.set({ fingerprint: `made up ${n}` }, null);
    }
    expect(['a', 'b', 'c'].map((username) => known.get({ username }))).toEqual([one, undefined, one]);
    expect(known.get({ fingerprint: 'f' })).toBe(one);
    expect([7, 8, 9].map((n) => known.get({ username: `made up ${n}` }))).toEqual([undefined, null, null]);
  });
});
