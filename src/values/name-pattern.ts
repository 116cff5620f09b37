import { foldName } from './fold-name.js';
import type { Refusal } from './refusal.js';
import { codePoints } from './text.js';

/** Characters of a pattern: no name has more. */
export const MAX_NAME_PATTERN = 80;

/**
 * A pattern of names of objects, as it was written: `*` stands for any text, empty included, and every other character for
 * itself. Names compare as everywhere, without regard to case.
 *
 * @returns null if it holds for all names
 */
export function readNamePattern(text: string): string | null | Refusal {
  const length = codePoints(text);
  if (length < 1 || length > MAX_NAME_PATTERN) return { error: `${length} characters, not 1 to ${MAX_NAME_PATTERN}` };
  if (/[\p{Cc}\p{Cs}]/u.test(text)) return { error: 'no control characters, and whole characters alone' };
  const written = text.replace(/\*+/g, '*');
  return written === '*' ? null : written;
}

/** The pattern as it is compared: its case-folded form, in which `*` stays. */
export function patternKeyOf(pattern: string): string {
  return foldName(pattern);
}

/** Finds the names that a pattern holds for, each in a time that grows with pattern and name, however many stars there are. */
export class NamePattern {
  readonly #first: string;
  /** Behind the last star; undefined: there is none, and the pattern is a name. */
  readonly #last: string | undefined;
  readonly #between: readonly string[];

  /** @param key as patternKeyOf makes it; null: all names */
  constructor(key: string | null) {
    const [first = '', ...others] = (key ?? '*').split('*');
    this.#first = first;
    this.#last = others.pop();
    this.#between = others.filter((part) => part !== '');
  }

  /** Whether it holds for a name, given in case-folded form. */
  holdsFor(nameKey: string): boolean {
    if (this.#last === undefined) return nameKey === this.#first;
    if (!nameKey.startsWith(this.#first) || !nameKey.endsWith(this.#last)) return false;
    let at = this.#first.length;
    for (const part of this.#between) {
      const found = nameKey.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return at + this.#last.length <= nameKey.length;
  }
}
