import { readAlternatives } from './ere-grammar.js';
import { isRefusal, type Refusal } from './refusal.js';
import { codePoints } from './text.js';

/** Characters of a pattern. It bounds the depth of groups as well. */
export const MAX_ERE_LENGTH = 255;

/**
 * Characters of a pattern once its intervals are written out, which is what the look-up has to compile: some more than
 * the longest interval, and about a millisecond's work, as a look-up may come upon hundreds of patterns.
 */
export const MAX_ERE_SIZE = 300;

/**
 * Characters that the ranges of a pattern name in all. Where case does not matter, PostgreSQL looks at each of them:
 * forty times all of Unicode take it a second.
 */
export const MAX_ERE_RANGED = 65_536;

/** A pattern that can be run; its groups count from 1. */
export interface Ere {
  readonly groups: number;
  /** Characters, with intervals written out. */
  readonly size: number;
}

/**
 * Checks a POSIX extended regular expression (XBD §9.4), as RFC 7877 §6.4 asks for, and counts its groups.
 *
 * Where POSIX leaves a meaning open, the pattern is taken only if the C libraries and PostgreSQL, which runs it in
 * look-ups, agree on it. So a backslash may stand before any punctuation, but empty branches, doubled quantifiers and
 * escaped letters are out, and with them all that PostgreSQL has beyond POSIX: (?:…), `**:`, lazy quantifiers, \m.
 */
export function compileEre(pattern: string): Ere | Refusal {
  if (codePoints(pattern) > MAX_ERE_LENGTH) return { error: `more than ${MAX_ERE_LENGTH} characters` };
  const cursor = { pattern, at: 0, depth: 0, groups: 0, ranged: 0 };
  const whole = readAlternatives(cursor);
  if (isRefusal(whole)) return whole;
  if (cursor.ranged > MAX_ERE_RANGED) {
    return { error: `too costly to run: ranges of over ${MAX_ERE_RANGED} characters in all` };
  }
  if (whole.size <= MAX_ERE_SIZE) return { groups: cursor.groups, size: whole.size };
  return { error: `too costly to run: over ${MAX_ERE_SIZE} characters once its intervals are written out` };
}
