import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answersOnlyLookups, idOf, issuedAt, issuerOf, lowestId, Nonces } from './nonce.js';

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

  it('name their issuer, and have ids that grow with their time', () => {
    let now = start;
    const [one, other] = [new Nonces(key, () => now), new Nonces(key, () => now)];
    expect(one.issuer).not.toBe(other.issuer);
    const first = one.make();
    expect([issuerOf(first), issuerOf(other.make())]).toEqual([one.issuer, other.issuer]);
    expect(idOf(first)).toMatch(/^[0-9a-f]{32}$/);
    now += 1;
    const second = other.make();
    expect([idOf(second), lowestId(now), idOf(first), lowestId(start)].sort().reverse()).toEqual([
      ...[idOf(second), lowestId(now), idOf(first), lowestId(start)],
    ]);
    expect(lowestId(Number.NEGATIVE_INFINITY)).toBe('0'.repeat(32));
  });

  it('of a node that only answers look-ups, or at such a node, are valid for five minutes elsewhere', () => {
    let now = start;
    const clock = () => now;
    const [node, other] = [new Nonces(key, clock), new Nonces(key, clock)];
    const [lookups, more] = [new Nonces(key, clock, undefined, true), new Nonces(key, clock, undefined, true)];
    expect([node, lookups].map(({ issuer }) => answersOnlyLookups(issuer))).toEqual([false, true]);
    const [ofNode, ofLookups] = [node.make(), lookups.make()];
    const valid = () => [
      ...[node, other, lookups].map((at) => at.check(ofNode)),
      ...[lookups, more, node].map((at) => at.check(ofLookups)),
    ];
    now = start + 5 * 60_000;
    expect(valid()).toEqual(['good', 'good', 'good', 'good', 'good', 'good']);
    now += 1;
    expect(valid()).toEqual(['good', 'good', 'stale', 'good', 'stale', 'stale']);
  });
});
