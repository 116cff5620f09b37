import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldName } from './fold-name.js';
import { NamePattern, patternKeyOf, readNamePattern } from './name-pattern.js';

const holds = (pattern: string, name: string) => new NamePattern(patternKeyOf(pattern)).holdsFor(foldName(name));

/** The same by trying every place. */
function naive(pattern: string, name: string): boolean {
  if (pattern === '') return name === '';
  if (pattern[0] !== '*') return name[0] === pattern[0] && naive(pattern.slice(1), name.slice(1));
  return naive(pattern.slice(1), name) || (name !== '' && naive(pattern, name.slice(1)));
}

describe('a pattern of names', () => {
  it.each([
    ['INGRESS_*', 'ingress_west', true],
    ['INGRESS_*', 'INGRESS_', true],
    ['INGRESS_*', 'INGRESS', false],
    ['*_west', 'INGRESS_WEST', true],
    ['a*a', 'a', false],
    ['a*b*a', 'aba', true],
    ['ab', 'abc', false],
    ['STRASSE*', 'straße 1', true],
    ['a.c', 'abc', false],
    ['a%_c', 'a%_c', true],
    ['\\*', '\\', true],
  ])('%s and the name %s: %s', (pattern, name, expected) => {
    expect(holds(pattern, name)).toBe(expected);
  });

  it('holds for the names that every way of reading the stars finds', () => {
    const text = (letters: string[], maxLength: number) => fc.string({ unit: fc.constantFrom(...letters), maxLength });
    fc.assert(
      fc.property(text(['a', 'b', '*'], 8), text(['a', 'b'], 10), (pattern, name) => {
        expect(holds(pattern, name)).toBe(naive(pattern, name));
      }),
      { numRuns: 2000 },
    );
  });

  it('holds for all names if it is null, and is null if it has stars alone', () => {
    expect(new NamePattern(null).holdsFor('anything')).toBe(true);
    expect([readNamePattern('*'), readNamePattern('****')]).toEqual([null, null]);
    expect(readNamePattern('A**b')).toBe('A*b');
  });

  it('with ten thousand stars is refused, and would not take long', () => {
    const pattern = '*a'.repeat(10_000);
    expect(readNamePattern(pattern)).toEqual({ error: '20000 characters, not 1 to 80' });
    for (let round = 0; round < 100; round += 1) expect(holds(`${pattern}b`, 'a'.repeat(10_000))).toBe(false);
  });

  it.each(['', 'a\0b', 'a\nb', '\ud800', 'a'.repeat(81)])('is refused: %j', (text) => {
    expect(readNamePattern(text)).toEqual({ error: expect.any(String) });
  });
});
