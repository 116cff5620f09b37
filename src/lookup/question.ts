import { isIP } from 'node:net';
import type { Question } from '../registry/resolve/resolve.js';

/** Characters of a value in a question: no URI in the registry is longer. */
export const MAX_LENGTH = 2000;

/** What of a question cannot be asked. */
export interface QuestionFault {
  readonly field: string;
  readonly value: string;
  readonly rule: string;
}

const names = ['asker', 'sourceUri', 'sourceIp', 'rootDomain'] as const;
const fields = ['identifier', ...names] as const;

/**
 * Reads a question from parameters, each of which may be anything that a query string makes: absent, a text, or several
 * under one name. An empty source is none.
 */
export function readQuestion(
  identifier: string,
  parameters: Readonly<Record<string, unknown>>,
): Question | QuestionFault {
  const question: { -readonly [Name in keyof Question]: Question[Name] } = { identifier, asker: '' };
  for (const field in parameters) {
    const value = parameters[field];
    if (typeof value !== 'string') return { field, value: String(value), rule: 'once' };
    const name = names.find((each) => each === field);
    if (name === undefined) return { field, value, rule: `${names.join(', ')} and format only` };
    question[name] = value;
  }
  return faultOf(question) ?? question;
}

/** What of a question cannot be asked; undefined if all can. */
export function faultOf(question: Question): QuestionFault | undefined {
  const { identifier, asker, sourceIp } = question;
  for (const field of fields) {
    const value = question[field];
    if (value === undefined) continue;
    if (value.length > MAX_LENGTH) {
      return { field, value: `${value.slice(0, 100)}…`, rule: `at most ${MAX_LENGTH} characters` };
    }
    if (/\p{Cc}/u.test(value)) return { field, value, rule: 'no control characters' };
  }
  if (identifier === '') return { field: 'identifier', value: '', rule: 'a number, rn= and a number, or a URI' };
  const rule = numberFault(identifier);
  if (rule !== undefined) return { field: 'identifier', value: identifier, rule };
  if (asker === '') return { field: 'asker', value: '', rule: 'an organization id such as iana-en:32473' };
  const address = sourceIp ?? '';
  if (address !== '' && (isIP(address) === 0 || address.includes('%'))) {
    return { field: 'sourceIp', value: address, rule: 'an IPv4 or IPv6 address without zone or prefix length' };
  }
  return undefined;
}

/** What is wrong with an identifier that is meant as a number: as a URI it would just not be found. */
function numberFault(identifier: string): string | undefined {
  if (/^(?:tn|rn)=/i.test(identifier)) {
    return /^(?:tn|rn)=\+?[0-9]+$/.test(identifier) ? undefined : 'digits, with or without +, after tn= and rn=';
  }
  const hasScheme = /^(?:[a-z][a-z0-9+.-]*:|uri=)/i.test(identifier);
  const beginsAsNumber = /^[+\p{Nd}]/u.test(identifier) && !identifier.includes('@');
  if (hasScheme || (!beginsAsNumber && /\p{L}/u.test(identifier))) return undefined;
  return /^\+?[0-9]+$/.test(identifier)
    ? undefined
    : 'digits 0 to 9, with or without + before them; a URI has a scheme';
}
