import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { issuedAt, Nonces } from './nonce.js';

const HOUR_MS = 3_600_000;
const key = randomBytes(32);
const start = Date.UTC(2026, 10, 1);

describe('Nonces', () => {
  it('are valid for eight hours, then stale', () => {
    let now = start;
    const nonces = new Nonces(key, () => now);
    const nonce = nonces.make();
    expect(nonces.check(nonce)).toBe('good');
    now = start + 8 * HOUR_MS;
    expect(nonces.check(nonce)).toBe('good');
    now += 1;
    expect(nonces.check(nonce)).toBe('stale');
  });

  it('are valid for as long as the setting says', () => {
    let now = start;
    const nonces = new Nonces(key, () => now, 1000);
    const nonce = nonces.make();
    now += 1001;
    expect(nonces.check(nonce)).toBe('stale');
  });

  it('are valid on another node with the same key and a clock that is somewhat behind', () => {
    const nonce = new Nonces(key, () => start).make();
    expect(new Nonces(key, () => start - 60_000).check(nonce)).toBe('good');
    expect(new Nonces(key, () => start - HOUR_MS).check(nonce)).toBe('stale');
  });

  it('of another key are forged', () => {
    const nonce = new Nonces(randomBytes(32), () => start).make();
    expect(new Nonces(key, () => start).check(nonce)).toBe('forged');
  });

  it('are all different and contain their time of issue', () => {
    const nonces = new Nonces(key, () => start);
    const made = new Set(Array.from({ length: 1000 }, () => nonces.make()));
    expect(made.size).toBe(1000);
    for (const nonce of made) expect(issuedAt(nonce)).toBe(start);
  });

  it('cannot be altered in a single character', () => {
    const nonces = new Nonces(key, () => start);
    const nonce = nonces.make();
    const character = fc.constantFrom(...'ABCXYZabcxyz0189-_+/= \n');
    fc.assert(
      fc.property(fc.nat(nonce.length - 1), character, (at, other) => {
        const altered = nonce.slice(0, at) + other + nonce.slice(at + 1);
        expect(nonces.check(altered)).toBe(altered === nonce ? 'good' : 'forged');
      }),
    );
  });

  it.each(['', 'x', 'A'.repeat(64), `${'A'.repeat(64)}\n`, 'A'.repeat(100_000)])('%.20j is forged', (nonce) => {
    expect(new Nonces(key, () => start).check(nonce)).toBe('forged');
  });

  it('are forged if anything is added', () => {
    const nonces = new Nonces(key, () => start);
    const nonce = nonces.make();
    for (const other of [`${nonce}A`, `${nonce}=`, ` ${nonce}`, nonce.slice(0, -1)]) {
      expect(nonces.check(other)).toBe('forged');
    }
  });
});
