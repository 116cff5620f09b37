import type { Refusal } from './refusal.js';

/** Characters of a number, a leading plus sign counted in (NumberValType, RFC 7877 §12). */
export const MAX_NUMBER_LENGTH = 20;

// The schema's \d takes the digits of every script; only ASCII ones can be dialled and compared.
const NUMBER = /^\+?[0-9]+$/;

/**
 * The digits by which a number is known and compared, without the plus sign that some write and some do not. Refuses
 * what is no NumberValType (RFC 7877 §12).
 */
export function digitsOf(value: string): string | Refusal {
  if (value.length > MAX_NUMBER_LENGTH) return { error: `more than ${MAX_NUMBER_LENGTH} characters` };
  if (!NUMBER.test(value)) return { error: 'not digits 0 to 9 after an optional +' };
  return value.startsWith('+') ? value.slice(1) : value;
}
