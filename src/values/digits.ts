import type { Refusal } from './refusal.js';

/** Characters of a number, including a leading plus sign (NumberValType, RFC 7877 §12). */
export const MAX_NUMBER_LENGTH = 20;

// The schema's \d takes the digits of every script; only ASCII digits can be dialled and compared.
const NUMBER = /^\+?[0-9]+$/;

/**
 * The digits that identify a number, without the optional plus sign; a Refusal for a text that is not a NumberValType
 * (RFC 7877 §12).
 */
export function digitsOf(value: string): string | Refusal {
  if (value.length > MAX_NUMBER_LENGTH) return { error: `more than ${MAX_NUMBER_LENGTH} characters` };
  if (!NUMBER.test(value)) return { error: 'not digits 0 to 9 after an optional +' };
  return value.startsWith('+') ? value.slice(1) : value;
}
