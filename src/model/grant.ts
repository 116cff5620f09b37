import { digitsOf } from '../values/digits.js';
import { type NumberSpan, spanOfPrefix, spanOfRange } from '../values/number-span.js';
import type { Refusal } from '../values/refusal.js';
import type { Noun } from './noun.js';

/** The nouns and verbs that a grant can be narrowed to, in the order of output. */
export const grantNouns = ['DestGrp', 'PubId', 'SedRec', 'SedGrp', 'SedGrpOffer', 'EgrRte'] as const satisfies Noun[];
export const grantVerbs = ['add', 'delete', 'accept', 'reject', 'get', 'lookup'] as const;
export type GrantVerb = (typeof grantVerbs)[number];

/** The limits of a grant; an undefined member does not limit it. */
export interface Narrowing {
  readonly nouns: readonly Noun[] | undefined;
  readonly verbs: readonly GrantVerb[] | undefined;
  /** Numbers that may be written, as prefixes (`1202`) and ranges (`1202-1299`). */
  readonly spans: readonly string[] | undefined;
}

/** A registrar may act for a registrant (RFC 7877 §4.6). Several grants for one registrant add up. */
export interface Grant extends Narrowing {
  readonly registrant: string;
  /** The row id of the registrant. */
  readonly registrantId: number;
}

/** The span of a prefix or range in a grant; a Refusal for an invalid one. */
export function spanOfGrant(text: string): NumberSpan | Refusal {
  const [start = '', end, more] = text.split('-');
  if (more !== undefined) return { error: 'neither a prefix nor a range' };
  const [first, last] = [digitsOf(start), end === undefined ? undefined : digitsOf(end)];
  if (typeof first !== 'string') return first;
  if (last === undefined) return spanOfPrefix(first);
  return typeof last === 'string' ? spanOfRange(first, last) : last;
}
