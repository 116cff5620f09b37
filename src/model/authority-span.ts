import { digitsOf } from '../values/digits.js';
import { spanOfRange } from '../values/number-span.js';
import { isRefusal, type Refusal } from '../values/refusal.js';

/** Numbers that authority data give to a carrier: a number, a range or a prefix. */
export interface AuthoritySpan {
  readonly kind: 'TN' | 'TNRange' | 'TNPrefix';
  /** Digits, or `start-end` in digits. */
  readonly value: string;
}

/** Reads `12025550100`, `12025550100-12025550199` or `1202555*`, each with or without plus signs. */
export function readAuthoritySpan(text: string): AuthoritySpan | Refusal {
  if (text.endsWith('*')) return named('TNPrefix', digitsOf(text.slice(0, -1)));
  const dash = text.indexOf('-');
  if (dash < 0) return named('TN', digitsOf(text));
  const start = digitsOf(text.slice(0, dash));
  const end = digitsOf(text.slice(dash + 1));
  if (isRefusal(start)) return start;
  if (isRefusal(end)) return end;
  const span = spanOfRange(start, end);
  return isRefusal(span) ? span : { kind: 'TNRange', value: `${start}-${end}` };
}

/** The text of a span, as stored and printed. */
export function writeAuthoritySpan({ kind, value }: AuthoritySpan): string {
  return kind === 'TNPrefix' ? `${value}*` : value;
}

function named(kind: AuthoritySpan['kind'], value: string | Refusal): AuthoritySpan | Refusal {
  return isRefusal(value) ? value : { kind, value };
}
