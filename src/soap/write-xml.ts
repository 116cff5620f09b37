import { envelopeNamespaces, type SoapVersion } from './version.js';

/** Characters that XML 1.0 §2.2 cannot represent: most control characters, lone surrogates, U+FFFE and U+FFFF. */
const inText = /[&<>\r]|[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;
const inAttribute = /[&<>"\t\n\r]|[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/** Most texts have nothing to escape; to see that takes a third of the time of looking for it. */
const plain = /^[ !-%'-;=?-~]*$/;

const notXml = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

/** Whether XML 1.0 can represent all characters of a text. */
export function isXmlText(text: string): boolean {
  return plain.test(text) || !notXml.test(text);
}

function escapeOne(character: string): string {
  switch (character) {
    case '&':
      return '&amp;';
    case '<':
      return '&lt;';
    case '>':
      return '&gt;';
    case '"':
      return '&quot;';
    case '\t':
      return '&#9;';
    case '\n':
      return '&#10;';
    case '\r':
      return '&#13;';
    default:
      return '\uFFFD';
  }
}

/**
 * Text as element content. A carriage return becomes a reference (XML 1.0 §2.11), a character that XML cannot represent
 * U+FFFD.
 */
export function escapeText(text: string): string {
  return plain.test(text) ? text : text.replace(inText, escapeOne);
}

/** Text as an attribute's value between double quotes. White space becomes references (XML 1.0 §3.3.3). */
export function escapeAttribute(text: string): string {
  return text.replace(inAttribute, escapeOne);
}

/**
 * The beginning of a message, up to the payload; `header` is the content of a SOAP Header as XML. It has no default
 * xmlns, which would capture SPPP's unqualified elements. The Body has the language of the messages, because it is the
 * innermost element whose schema admits attributes (RFC 7878 §6).
 */
export function envelopeOpen(version: SoapVersion, header = ''): string {
  const headers = header === '' ? '' : `<S:Header>${header}</S:Header>`;
  return `<?xml version="1.0" encoding="UTF-8"?><S:Envelope xmlns:S="${envelopeNamespaces[version]}">${headers}<S:Body xml:lang="en">`;
}

/** The end of a message begun by envelopeOpen. */
export function envelopeClose(): string {
  return '</S:Body></S:Envelope>';
}
