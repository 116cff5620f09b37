import type { Refusal } from './refusal.js';
import { codePoints } from './text.js';

/** Tells what is wrong with a pattern, and where; people count characters from 1. */
export function faultAt(
  pattern: string,
  index: number,
  what: string,
  verdict = 'not a POSIX extended regular expression',
): Refusal {
  return { error: `${verdict}: ${what} at ${codePoints(pattern.slice(0, index)) + 1}` };
}
