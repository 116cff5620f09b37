import type { Refusal } from './refusal.js';

/** Characters of an organization id; RFC 7877 names no maximum. */
export const MAX_ORG_ID_LENGTH = 255;

// The value may be any token: RFC 7877 says nothing of its form. Control characters would only spoil logs and CSV.
const ORG_ID = /^[A-Za-z][A-Za-z0-9-]*:\P{Cc}+$/u;

/** Checks `namespace:value`, as in iana-en:32473 (RFC 7877 §5.1). Ids compare exactly, as they are written. */
export function checkOrgId(id: string): Refusal | undefined {
  if (id.length > MAX_ORG_ID_LENGTH) return { error: `more than ${MAX_ORG_ID_LENGTH} characters` };
  if (!ORG_ID.test(id)) return { error: 'not namespace:value, the namespace a letter, then letters, digits, hyphens' };
  return undefined;
}
