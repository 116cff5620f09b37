import { escapeText } from '../soap/write-xml.js';
import { detailNs } from './namespaces.js';
import type { Result } from './result.js';

/** Characters of a value in a `failure` element; a longer one is cut and marked. */
export const MAX_VALUE_LENGTH = 2048;

/**
 * The `failure` element of wsdl/sppp-detail.xsd for a failed object: its index in the request, the element at fault,
 * and the value as sent, for which the object may have a stand-in. Empty if the result is not about an object. It
 * declares its prefix itself, because some toolkits pass it on as text.
 */
export function encodeFailure({ object, attr }: Result): string {
  if (object === undefined || attr === undefined) return '';
  const value = beginning(attr.attrVal, MAX_VALUE_LENGTH);
  const isCut = attr.isCut === true || value !== attr.attrVal ? '<sppd:isCut>true</sppd:isCut>' : '';
  return `<sppd:failure xmlns:sppd="${detailNs}"><sppd:index>${object}</sppd:index><sppd:attrName>${attr.attrName}</sppd:attrName><sppd:attrVal>${escapeText(value)}</sppd:attrVal>${isCut}</sppd:failure>`;
}

/** The beginning of a text, of at most this many characters; no character is cut in two. */
export function beginning(text: string, characters: number): string {
  if (text.length <= characters) return text;
  let at = 0;
  for (let count = 0; count < characters && at < text.length; count++) {
    at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  }
  return text.slice(0, at);
}
