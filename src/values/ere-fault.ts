import type { Refusal } from './refusal.js';
import { codePoints } from './text.js';

/** The refusal of a pattern, with the position of the fault from 1. */
export function faultAt(
  pattern: string,
  index: number,
  what: string,
  verdict = 'not a POSIX extended regular expression',
): Refusal {
  return { error: `${verdict}: ${what} at ${codePoints(pattern.slice(0, index)) + 1}` };
}
