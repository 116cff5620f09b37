const UNCOLLAPSED = /[\t\n\r]|^ | $| {2}/;

/**
 * Collapses white space as xs:token does (XML Schema Part 2 §4.3.6): trims the ends, replaces runs of space, tab, CR
 * and LF by one space.
 */
export function collapse(text: string): string {
  if (!UNCOLLAPSED.test(text)) return text;
  return text.replace(/[\t\n\r ]+/g, ' ').replace(/^ | $/g, '');
}

/** A text without a trailing run of one character. */
export function withoutTail(text: string, character: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === character) end -= 1;
  return text.slice(0, end);
}

/** Length as the facets of XML Schema count it: in characters, not UTF-16 units. */
export function codePoints(text: string): number {
  let pairs = 0;
  for (let at = 0; at + 1 < text.length; at++) {
    if (text.charCodeAt(at) < 0xd800 || text.charCodeAt(at) > 0xdbff) continue;
    const low = text.charCodeAt(at + 1);
    if (low >= 0xdc00 && low <= 0xdfff) pairs++;
  }
  return text.length - pairs;
}

/** A copy that does not keep the larger text alive that it was cut from. */
export function ownText(text: string): string {
  return Buffer.from(text).toString();
}
