import { faultAt } from './ere-fault.js';
import { isRefusal, type Refusal } from './refusal.js';
import { codePoints } from './text.js';

/** The classes that every locale has (POSIX XBD §9.3.5). */
const CLASS = /^(?:alnum|alpha|blank|cntrl|digit|graph|lower|print|punct|space|upper|xdigit)$/;

/** A bracket expression: the index behind it, and the number of characters in its ranges. */
export interface Bracket {
  readonly end: number;
  readonly ranged: number;
}

/**
 * One element of the list; `end` is the index behind it. Classes and equivalences have no code point, so no range can
 * start there.
 */
interface Element {
  readonly end: number;
  readonly codePoint: number | undefined;
}

/**
 * Reads the bracket expression that opens at an index (POSIX XBD §9.3.5) and measures it.
 * Ranges go by code point. Collating elements of several characters are not supported.
 */
export function readBracketExpression(pattern: string, open: number): Bracket | Refusal {
  const first = pattern.charAt(open + 1) === '^' ? open + 2 : open + 1;
  let ranged = 0;
  for (let at = first; at < pattern.length; ) {
    if (pattern.charAt(at) === ']' && at > first) return { end: at + 1, ranged };
    const item = readItem(pattern, at);
    if (isRefusal(item)) return item;
    at = item.end;
    ranged += item.ranged;
  }
  return faultAt(pattern, open, "unmatched '['");
}

/** An element or a range of two. */
function readItem(pattern: string, at: number): Bracket | Refusal {
  const low = readElement(pattern, at);
  if (isRefusal(low)) return low;
  if (!isRangeSign(pattern, low.end)) return { end: low.end, ranged: 0 };
  const high = readElement(pattern, low.end + 1);
  if (isRefusal(high)) return high;
  if (low.codePoint === undefined || high.codePoint === undefined) {
    return faultAt(pattern, low.end, 'a range to or from a class');
  }
  if (low.codePoint > high.codePoint) return faultAt(pattern, low.end, 'a range that runs backwards');
  if (isRangeSign(pattern, high.end)) return faultAt(pattern, high.end, 'a range that goes on from a range');
  return { end: high.end, ranged: high.codePoint - low.codePoint + 1 };
}

/** At the end of the list a hyphen stands for itself. */
function isRangeSign(pattern: string, at: number): boolean {
  return pattern.charAt(at) === '-' && at + 1 < pattern.length && pattern.charAt(at + 1) !== ']';
}

function readElement(pattern: string, at: number): Element | Refusal {
  const opening = pattern.slice(at, at + 2);
  if (opening === '[:' || opening === '[.' || opening === '[=') return readNamed(pattern, at, opening.charAt(1));
  // In POSIX a backslash here stands for itself, elsewhere it is an escape. Two are one backslash in all libraries.
  if (opening.startsWith('\\') && opening !== '\\\\') {
    return faultAt(pattern, at, 'a single backslash in brackets', 'not read alike everywhere');
  }
  const isTwoUnits = opening === '\\\\' || codePoints(opening) === 1;
  return { end: at + (isTwoUnits ? 2 : 1), codePoint: pattern.codePointAt(at) };
}

/** [:class:], [.element.] or [=equivalence=]. */
function readNamed(pattern: string, at: number, sign: string): Element | Refusal {
  const close = pattern.indexOf(`${sign}]`, at + 2);
  if (close < 0) return faultAt(pattern, at, `unmatched '[${sign}'`);
  const name = pattern.slice(at + 2, close);
  if (sign === ':') {
    if (!CLASS.test(name)) return faultAt(pattern, at, 'an unknown character class');
    return { end: close + 2, codePoint: undefined };
  }
  if (codePoints(name) !== 1) return faultAt(pattern, at, 'an unknown collating element');
  return { end: close + 2, codePoint: sign === '.' ? name.codePointAt(0) : undefined };
}
