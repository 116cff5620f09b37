import type { Refusal } from './refusal.js';

/** Characters of a host name without the final dot: the 255 octets of RFC 1035 §2.3.4 without the outer lengths. */
export const MAX_HOST_NAME_LENGTH = 253;

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;

/**
 * Checks the host name of a name server (RFC 1123 §2.1), with or without the final dot. Underscores are allowed,
 * because name servers with them exist (RFC 2181 §11); names in other scripts have their xn-- form.
 */
export function checkHostName(name: string): Refusal | undefined {
  const relative = name.endsWith('.') ? name.slice(0, -1) : name;
  if (relative.length > MAX_HOST_NAME_LENGTH) return { error: `more than ${MAX_HOST_NAME_LENGTH} characters` };
  if (!relative.split('.').every((label) => LABEL.test(label))) {
    return { error: 'a label is not 1 to 63 letters, digits, underscores and inner hyphens' };
  }
  if (/(?:^|\.)\d+$/.test(relative)) return { error: 'the last label is a number; addresses belong in ipAddr' };
  return undefined;
}
