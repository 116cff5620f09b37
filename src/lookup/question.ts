import { isIP } from 'node:net';
import type { Question } from '../registry/resolve.js';

/** Characters of a value in a question: no URI in the registry is longer. */
export const MAX_LENGTH = 2000;

/** What of a question cannot be asked, as one sentence; undefined if all can. An empty source is none. */
export function faultOf({ identifier, asker, sourceUri, sourceIp, rootDomain }: Question): string | undefined {
  for (const [name, value] of Object.entries({ identifier, asker, sourceUri, rootDomain })) {
    if (value === undefined) continue;
    if (value.length > MAX_LENGTH) return `${name}: more than ${MAX_LENGTH} characters.`;
    if (/\p{Cc}/u.test(value)) return `${name}: control characters.`;
  }
  if (identifier === '') return 'identifier: a number, rn= and a number, or a URI.';
  if (/^(?:tn|rn)=/.test(identifier) && !/^..=\+?[0-9]+$/.test(identifier)) return 'identifier: not a number.';
  const address = sourceIp ?? '';
  if (address !== '' && (isIP(address) === 0 || address.includes('%'))) return 'sourceIp: not an IP address.';
  return undefined;
}
