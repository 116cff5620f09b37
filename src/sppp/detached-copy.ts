import { ownText } from '../values/text.js';

/** Minimum length of a text that is copied once, when it is read, and that items may share. */
export const LONG_TEXT = 1024;

/**
 * A copy of an item that does not keep the surrounding message alive. Values that items share stay shared; extensions
 * are separate texts already.
 */
export function detachedCopy<Original>(original: Original, copies: WeakMap<object, unknown>): Original {
  if (typeof original === 'string')
    return original.length < LONG_TEXT ? (ownText(original) as Original & string) : original;
  if (typeof original !== 'object' || original === null) return original;
  const known = copies.get(original);
  if (known !== undefined) return known as Original;
  const entries = Object.entries(original).map(([name, value]) => [
    name,
    name === 'ext' ? value : detachedCopy<unknown>(value, copies),
  ]);
  const copy = Array.isArray(original) ? entries.map(([, value]) => value) : Object.fromEntries(entries);
  copies.set(original, copy);
  return copy as Original & object;
}
