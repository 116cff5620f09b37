import type { GrantVerb } from '../model/grant.js';
import type { Grants } from '../model/grants.js';
import type { Noun } from '../model/noun.js';
import { isAsked } from './table.js';

/**
 * What grants allow for a registrant, in one cell of the table of verbs and nouns: yes, the numbers that they allow it for, a
 * dash for nothing, and an empty text where there is no such operation.
 */
export function grantCell(grants: Grants, verb: GrantVerb, noun: Noun, registrant: string): string {
  if (!isAsked(verb, noun)) return '';
  const reach = grants.reach(verb, noun, registrant);
  if (reach === undefined) return '-';
  return reach === 'all numbers' ? 'yes' : reach.texts.join(' ');
}
