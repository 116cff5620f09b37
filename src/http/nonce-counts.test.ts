import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Nonces } from './nonce.js';
import { NonceCounts } from './nonce-counts.js';

let now = Date.UTC(2026, 10, 1);
const nonces = new Nonces(randomBytes(32), () => now);

describe('NonceCounts', () => {
  it('accepts a count once', () => {
    const counts = new NonceCounts();
    const nonce = nonces.make();
    expect(counts.use(nonce, 1)).toBe('new');
    expect(counts.use(nonce, 1)).toBe('seen');
    expect(counts.use(nonces.make(), 1)).toBe('new');
  });

  it('accepts counts in any order, with gaps, up to the greatest', () => {
    const counts = new NonceCounts();
    const nonce = nonces.make();
    const order = [7, 3, 5, 4, 6, 0xffff_ffff, 1, 0xffff_fffe, 0];
    for (const nc of order) expect(counts.use(nonce, nc)).toBe('new');
    for (const nc of order) expect(counts.use(nonce, nc)).toBe('seen');
    expect(counts.use(nonce, 2)).toBe('new');
  });

  it('agrees with a set, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 120 }), (ncs) => {
        const counts = new NonceCounts();
        const nonce = nonces.make();
        const model = new Set<number>();
        for (const nc of ncs) {
          expect(counts.use(nonce, nc)).toBe(model.has(nc) ? 'seen' : 'new');
          model.add(nc);
        }
      }),
    );
  });

  it('never accepts a count twice, however small its memory is', () => {
    const pool = Array.from({ length: 6 }, (_, age) => {
      now += age % 2;
      return nonces.make();
    });
    const uses = fc.array(fc.tuple(fc.constantFrom(...pool), fc.integer({ min: 0, max: 15 })), { maxLength: 150 });
    fc.assert(
      fc.property(uses, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), (sequence, keep, spans) => {
        const counts = new NonceCounts({ nonces: keep, spans });
        const taken = new Set<string>();
        for (const [nonce, nc] of sequence) {
          const use = `${nonce} ${nc}`;
          const answer = counts.use(nonce, nc);
          if (answer === 'new') expect(taken.has(use)).toBe(false);
          if (answer === 'seen') expect(taken.has(use)).toBe(true);
          if (answer === 'new') taken.add(use);
        }
      }),
    );
  });

  it('forgets the lowest gaps first, and says so instead of accepting a replay', () => {
    const counts = new NonceCounts({ nonces: 10, spans: 3 });
    const nonce = nonces.make();
    for (const nc of [10, 20, 30, 40]) expect(counts.use(nonce, nc)).toBe('new');
    expect(counts.use(nonce, 10)).toBe('forgotten');
    expect(counts.use(nonce, 5)).toBe('forgotten');
    expect(counts.use(nonce, 20)).toBe('seen');
    expect(counts.use(nonce, 11)).toBe('new');
  });

  it('a client that keeps counting is never dropped', () => {
    const counts = new NonceCounts({ nonces: 1, spans: 1 });
    const nonce = nonces.make();
    for (let nc = 1; nc <= 5000; nc++) expect(counts.use(nonce, nc)).toBe('new');
    expect(counts.use(nonce, 1)).toBe('seen');
  });

  it('forgets the longest unused nonce, and refuses what may have been used with it', () => {
    const counts = new NonceCounts({ nonces: 2, spans: 8 });
    const inTurn = (): string => {
      now += 1;
      return nonces.make();
    };
    const older = inTurn();
    const old = inTurn();
    const later = inTurn();
    const last = inTurn();
    expect(counts.use(old, 1)).toBe('new');
    expect(counts.use(later, 1)).toBe('new');
    expect(counts.use(old, 2)).toBe('new');
    expect(counts.use(last, 1)).toBe('new');
    expect(counts.use(later, 1)).toBe('forgotten');
    expect(counts.use(later, 2)).toBe('forgotten');
    expect(counts.use(older, 1)).toBe('forgotten');
    expect(counts.use(old, 2)).toBe('seen');
    expect(counts.use(old, 3)).toBe('new');
    expect(counts.use(inTurn(), 1)).toBe('new');
  });
});
