import { readAlternatives } from './ere-grammar.js';
import { isRefusal, type Refusal } from './refusal.js';
import { codePoints } from './text.js';

/** Characters of a pattern. This also limits the depth of groups. */
export const MAX_ERE_LENGTH = 255;

/**
 * Characters of a pattern with its intervals expanded, which a look-up has to compile. It allows the longest interval
 * and takes about a millisecond, because a look-up may have hundreds of patterns.
 */
export const MAX_ERE_SIZE = 300;

/**
 * Characters in all ranges of a pattern. Without regard to case, PostgreSQL visits each of them; forty times the whole
 * of Unicode takes a second.
 */
export const MAX_ERE_RANGED = 65_536;

/** A valid pattern; its groups count from 1. */
export interface Ere {
  readonly groups: number;
  /** Characters, with intervals expanded. */
  readonly size: number;
}

/**
 * Checks a POSIX extended regular expression (XBD §9.4), as RFC 7877 §6.4 requires, and counts its groups; a Refusal
 * for an invalid one.
 *
 * If POSIX leaves a meaning open, the pattern is valid only if the C libraries and PostgreSQL, which runs it in
 * look-ups, agree on it. So a backslash may precede any punctuation, but empty branches, doubled quantifiers and
 * escaped letters are refused, and with them the extensions of PostgreSQL: (?:…), `**:`, lazy quantifiers, \m.
 */
export function compileEre(pattern: string): Ere | Refusal {
  if (codePoints(pattern) > MAX_ERE_LENGTH) return { error: `more than ${MAX_ERE_LENGTH} characters` };
  const reader = { pattern, at: 0, depth: 0, groups: 0, ranged: 0 };
  const whole = readAlternatives(reader);
  if (isRefusal(whole)) return whole;
  if (reader.ranged > MAX_ERE_RANGED) {
    return { error: `too costly to run: ranges of over ${MAX_ERE_RANGED} characters in all` };
  }
  if (whole.size <= MAX_ERE_SIZE) return { groups: reader.groups, size: whole.size };
  return { error: `too costly to run: over ${MAX_ERE_SIZE} characters with its intervals expanded` };
}
