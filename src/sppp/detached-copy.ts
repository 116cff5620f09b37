import { ownText } from '../values/text.js';

/** Characters of a text that is copied once, when it has been read, and so may be shared by many items. */
export const LONG_TEXT = 1024;

/**
 * A copy of an item that keeps nothing of the message around it alive. What items share stays shared, and extensions are
 * texts of their own.
 */
export function detachedCopy<Kept>(kept: Kept, copies: WeakMap<object, unknown>): Kept {
  if (typeof kept === 'string') return kept.length < LONG_TEXT ? (ownText(kept) as Kept & string) : kept;
  if (typeof kept !== 'object' || kept === null) return kept;
  const known = copies.get(kept);
  if (known !== undefined) return known as Kept;
  const entries = Object.entries(kept).map(([name, value]) => [
    name,
    name === 'ext' ? value : detachedCopy<unknown>(value, copies),
  ]);
  const copy = Array.isArray(kept) ? entries.map(([, value]) => value) : Object.fromEntries(entries);
  copies.set(kept, copy);
  return copy as Kept & object;
}
