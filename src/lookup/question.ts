import { isIP } from 'node:net';
import type { Question } from '../registry/resolve/resolve.js';
import type { ParameterFault } from '../values/parameter-fault.js';
import { codePoints } from '../values/text.js';

/** Characters of a value in a question: no URI in the registry is longer. */
export const MAX_LENGTH = 2000;

export const formats = ['json', 'rtjson', 'naptr'] as const;
export type Format = (typeof formats)[number];

const names = ['asker', 'sourceUri', 'sourceIp', 'rootDomain'] as const;
const fields = ['identifier', ...names] as const;

/**
 * Reads a look-up over HTTP: the question, and the format if the query names one. A parameter may be whatever a query
 * string can make: absent, a text, or an array of texts. The schemas in `schema.ts` take the same look-ups.
 */
export function readLookup(
  identifier: string,
  parameters: Readonly<Record<string, unknown>>,
): { readonly question: Question; readonly format: Format | undefined } | ParameterFault {
  const question = readQuestion(identifier, parameters);
  if ('rule' in question) return question;
  const { format: named } = parameters;
  const format = formats.find((each) => each === named);
  if (format !== undefined || named === undefined) return { question, format };
  return { field: 'format', value: String(named), rule: `one of ${formats.join(', ')}` };
}

function readQuestion(identifier: string, parameters: Readonly<Record<string, unknown>>): Question | ParameterFault {
  const question: { -readonly [Name in keyof Question]: Question[Name] } = { identifier, asker: '' };
  for (const field in parameters) {
    if (field === 'format') continue;
    const value = parameters[field];
    if (typeof value !== 'string') return { field, value: String(value), rule: 'once' };
    const name = names.find((each) => each === field);
    if (name === undefined) return { field, value, rule: `${names.join(', ')} and format only` };
    question[name] = value;
  }
  return faultOf(question) ?? question;
}

/** The first value of a question that breaks a rule; undefined if none does. An empty source address is no address. */
export function faultOf(question: Question): ParameterFault | undefined {
  const { identifier, asker, sourceIp } = question;
  for (const field of fields) {
    const value = question[field];
    if (value === undefined) continue;
    if (value.length > MAX_LENGTH && codePoints(value) > MAX_LENGTH) {
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

const NUMBER = /^\+?[0-9]+$/;

/** The rule that an identifier breaks if it is meant as a number: taken as a URI, it would just not be found. */
function numberFault(identifier: string): string | undefined {
  if (NUMBER.test(identifier)) return undefined;
  if (/^(?:tn|rn)=/i.test(identifier)) {
    return /^(?:tn|rn)=\+?[0-9]+$/.test(identifier) ? undefined : 'digits, with or without +, after tn= and rn=';
  }
  const beginsAsNumber = /^[+\p{Nd}]/u.test(identifier) && !identifier.includes('@');
  if (!beginsAsNumber && /\p{L}/u.test(identifier)) return undefined;
  return 'digits 0 to 9, with or without + before them; a URI has a scheme';
}
