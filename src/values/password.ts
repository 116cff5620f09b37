import type { Refusal } from './refusal.js';
import { hasHidden } from './visible.js';

/**
 * Characters of a password that an operator gives. What is stored of it, or seen of a login on a connection without TLS,
 * can be tried against guesses at billions a second (RFC 7616 §5.6): eight characters last for hours, these for ages.
 */
export const MIN_PASSWORD_LENGTH = 12;

/** Characters that differ: `aaaaaaaaaaaa` is as short as `a`. */
const MIN_DIFFERENT = 5;

/** Checks a password that programs will use, so that none has to be remembered. */
export function checkPassword(username: string, password: string): Refusal | undefined {
  const characters = [...password.normalize('NFC')];
  if (hasHidden(password)) return { error: 'without controls, line ends and other characters that nobody sees' };
  if (characters.length < MIN_PASSWORD_LENGTH) {
    return {
      error: `at least ${MIN_PASSWORD_LENGTH} characters, since guesses cost nothing; without a file one is made`,
    };
  }
  if (new Set(characters).size < MIN_DIFFERENT) return { error: `at least ${MIN_DIFFERENT} different characters` };
  if (plain(password).includes(plain(username))) return { error: 'without the user name in it' };
  return undefined;
}

function plain(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
