import type { Refusal } from './refusal.js';
import { hasHidden } from './visible.js';

/**
 * Minimum length of a password that an operator chooses. An attacker with the stored hash, or with a login from a
 * connection without TLS, can test billions of guesses a second (RFC 7616 §5.6); eight characters last for hours.
 */
export const MIN_PASSWORD_LENGTH = 12;

/** Minimum number of different characters: `aaaaaaaaaaaa` is as weak as `a`. */
const MIN_DIFFERENT = 5;

/** Checks a new password, which a program or a person's password store has to remember. */
export function checkPassword(username: string, password: string): Refusal | undefined {
  const characters = [...password.normalize('NFC')];
  if (hasHidden(password)) return { error: 'without controls, line ends and other invisible characters' };
  if (characters.length < MIN_PASSWORD_LENGTH) {
    return { error: `at least ${MIN_PASSWORD_LENGTH} characters, since guesses cost nothing` };
  }
  if (new Set(characters).size < MIN_DIFFERENT) return { error: `at least ${MIN_DIFFERENT} different characters` };
  if (plain(password).includes(plain(username))) return { error: 'without the user name in it' };
  return undefined;
}

function plain(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
