import { type NumberSpan, width } from '../../src/values/number-span.js';

const RANK = { number: 0, range: 1, prefix: 2 } as const;

/** Orders spans for a look-up: a number itself, then the narrowest; a range before a prefix of the same width. */
export function narrowestFirst(a: NumberSpan, b: NumberSpan): number {
  if (a.kind === 'number' || b.kind === 'number') return RANK[a.kind] - RANK[b.kind];
  const difference = width(a) - width(b);
  if (difference === 0n) return RANK[a.kind] - RANK[b.kind];
  return difference < 0n ? -1 : 1;
}
