import type { Refusal } from './refusal.js';
import { hasHidden } from './visible.js';

/** Characters of an organization id; RFC 7877 names no maximum. */
export const MAX_ORG_ID_LENGTH = 255;

// The value may be any token (RFC 7877 §5.1), but control characters would damage logs and CSV.
const ORG_ID = /^[A-Za-z][A-Za-z0-9-]*:\P{Cc}+$/u;

/** Checks `namespace:value`, as in iana-en:32473 (RFC 7877 §5.1). Ids compare exactly. */
export function checkOrgId(id: string): Refusal | undefined {
  if (id.length > MAX_ORG_ID_LENGTH) return { error: `more than ${MAX_ORG_ID_LENGTH} characters` };
  if (!ORG_ID.test(id)) return { error: 'not namespace:value, the namespace a letter, then letters, digits, hyphens' };
  return undefined;
}

/**
 * The rule for new ids: ids that look alike must be equal. Existing ids stay valid.
 */
export function checkNewOrgId(id: string): Refusal | undefined {
  if (hasHidden(id)) return { error: 'an invisible character, or one that changes the direction of text' };
  if (/\p{Z}/u.test(id)) return { error: 'a blank' };
  if (/\uFFFD|\p{Co}|\p{Cn}/u.test(id)) return { error: 'a character that stands for none' };
  if (id !== id.normalize('NFC')) return { error: 'not in Unicode’s composed form (NFC)' };
  return checkOrgId(id);
}
