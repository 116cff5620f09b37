import type { Refusal } from './refusal.js';

/** The groups that a replacement refers to by \1 to \9, in its order (RFC 3402 §3.2). */
export function backReferences(repl: string): readonly number[] {
  return escaped(repl)
    .map(Number)
    .filter((group) => group >= 1);
}

/**
 * Checks the replacement of a pattern with this many groups. A backslash precedes the number of a group, a backslash,
 * or the `!` with which ENUM delimits its rules (RFC 6116 §3.4.3).
 */
export function checkReplacement(repl: string, groups: number): Refusal | undefined {
  const odd = escaped(repl).find((character) => !/^[1-9\\!]$/.test(character));
  if (odd === '') return { error: 'a backslash at the end' };
  if (odd !== undefined) return { error: `\\${odd} is no back-reference; these are \\1 to \\9` };
  const missing = backReferences(repl).find((group) => group > groups);
  return missing === undefined ? undefined : { error: `\\${missing} without such a group in the pattern` };
}

/** The character after each backslash; empty at the end of the text. */
function escaped(repl: string): readonly string[] {
  return Array.from(repl.matchAll(/\\(?:.|$)/gsu), ([text]) => text.slice(1));
}
