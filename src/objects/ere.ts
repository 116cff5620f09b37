import { readAlternatives } from './ere-grammar.js';
import { isRefusal, type Refusal } from './refusal.js';
import { codePoints } from './text.js';

/** Characters of a pattern. It bounds the depth of groups as well. */
export const MAX_ERE_LENGTH = 255;

/** Characters of a pattern once its intervals are written out, which is what the look-up has to compile. */
export const MAX_ERE_SIZE = 1000;

/** A pattern that can be run; its groups count from 1. */
export interface Ere {
  readonly groups: number;
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
  const cursor = { pattern, at: 0, depth: 0, groups: 0 };
  const whole = readAlternatives(cursor);
  if (isRefusal(whole)) return whole;
  if (whole.size <= MAX_ERE_SIZE) return { groups: cursor.groups };
  return { error: `too costly to run: over ${MAX_ERE_SIZE} characters once its intervals are written out` };
}
