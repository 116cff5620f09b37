import { describe, expect, test } from 'vitest';
import { recordXml } from '../../test/support/record-xml.js';
import { isReadableCharset, XmlDecoder } from './encoding.js';

const utf16le = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');
const utf16be = (text: string) => utf16le(text).swap16();
const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));
const everywhere = (document: Uint8Array) => Array.from(document, (_, index) => index);

const text = 'ä€😀';
const events = ['<{}a>', JSON.stringify(text), '</>'];

describe.each([
  ['UTF-8', Buffer.from(`<a>${text}</a>`)],
  ['UTF-8, declared', Buffer.from(`<?xml version="1.0" encoding="utf-8"?><a>${text}</a>`)],
  ['UTF-8 with a mark', Buffer.from(`\ufeff<?xml version="1.0" encoding="UTF-8"?><a>${text}</a>`)],
  ['UTF-16, little end first', utf16le(`<?xml version="1.0" encoding="UTF-16"?><a>${text}</a>`)],
  ['UTF-16, big end first', utf16be(`<a>${text}</a>`)],
])('%s', (_, document) => {
  test('is read, whole and byte by byte', () => {
    expect(recordXml(document)).toEqual({ events, fault: undefined });
    expect(recordXml(document, { cuts: everywhere(document) })).toEqual({ events, fault: undefined });
  });
});

test('the mark counts before the charset parameter', () => {
  expect(recordXml(utf16be(`<a>${text}</a>`), { charset: 'utf-8' }).events).toEqual(events);
});

test.each(['utf-8', 'UTF-8', 'utf8', 'us-ascii', 'ASCII', 'utf-16'])('charset %s is readable', (name) => {
  expect(isReadableCharset(name)).toBe(true);
});

test.each(['', 'iso-8859-1', 'utf-7', 'utf-32', 'constructor'])('charset %j is not', (name) => {
  expect(isReadableCharset(name)).toBe(false);
  expect(recordXml('<a/>', { charset: name }).fault?.reason).toBe(`charset "${name}" is not read`);
});

test('US-ASCII is read as long as it is', () => {
  const declared = (content: string) => `<?xml version="1.0" encoding="US-ASCII"?><a>${content}</a>`;
  expect(recordXml(declared('&#228;')).fault).toBeUndefined();
  for (const cuts of [[], [10, 30], [46]]) {
    expect(recordXml(declared('ä'), { cuts }).fault?.reason).toContain('said to be US-ASCII');
  }
  expect(recordXml('<a>a</a>', { charset: 'us-ascii' }).fault).toBeUndefined();
  expect(recordXml('<a>ä</a>', { charset: 'us-ascii' }).fault?.reason).toContain('said to be US-ASCII');
});

test.each([
  ['a lone continuation byte', [0x80]],
  ['an overlong "<"', [0xc0, 0xbc]],
  ['an overlong "/" of three bytes', [0xe0, 0x80, 0xaf]],
  ['a surrogate', [0xed, 0xa0, 0x80]],
  ['more than Unicode', [0xf4, 0x90, 0x80, 0x80]],
  ['a byte that never occurs', [0xff]],
  ['a cut character', [0xe2, 0x82]],
])('UTF-8 with %s is refused', (_, bad) => {
  const document = bytes('<a>', bad, '</a>');
  for (const cuts of [[], everywhere(document)]) {
    expect(recordXml(document, { cuts }).fault?.reason).toBe('the document holds bytes that are not UTF-8');
  }
});

test.each([
  ['a lone high surrogate', [0x3d, 0xd8, 0x61, 0x00]],
  ['a lone low surrogate', [0x00, 0xdc]],
])('UTF-16 with %s is refused', (_, bad) => {
  const document = bytes([...utf16le('<a>')], bad, [...utf16le('</a>').subarray(2)]);
  expect(recordXml(document).fault?.reason).toBe('the document holds bytes that are not UTF-16');
});

test('a document that ends within a character is refused', () => {
  expect(recordXml(bytes('<a/>', [0xe2])).fault?.reason).toBe('the document holds bytes that are not UTF-8');
  expect(recordXml(utf16le('<a/>\n').subarray(0, -1)).fault?.reason).toContain('not UTF-16');
});

test.each([
  ['two marks', bytes([0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf], '<a/>'), undefined],
  ['a mark that is none', bytes([0xff], '<a/>'), undefined],
  ['UTF-16 without a mark', utf16le('<a/>').subarray(2), undefined],
  ['UTF-16 without a mark, charset utf-16', utf16le('<a/>').subarray(2), 'utf-16'],
  ['UTF-32', bytes([0xff, 0xfe, 0, 0, 0x3c, 0, 0, 0]), undefined],
  ['EBCDIC', bytes([0x4c, 0x6f, 0xa7, 0x94, 0x93]), undefined],
  ['UTF-7', bytes('+ADw-a/+AD4-'), undefined],
  ['UTF-16 declared in UTF-8', bytes('<?xml version="1.0" encoding="utf-16"?><a/>'), undefined],
  ['UTF-8 declared in UTF-16', utf16le('<?xml version="1.0" encoding="utf-8"?><a/>'), undefined],
  ['Latin 1 declared', bytes('<?xml version="1.0" encoding="ISO-8859-1"?><a/>'), undefined],
])('%s is refused', (_, document, charset) => {
  const recording = recordXml(document, charset === undefined ? {} : { charset });
  expect(recording.fault?.code).toBe('Client');
  expect(recording.events).toEqual([]);
});

test('a piece without bytes decides nothing', () => {
  const decoder = new XmlDecoder();
  expect(decoder.decode(new Uint8Array())).toBe('');
  expect(decoder.decode(utf16be('<a/>'))).toBe('\ufeff<a/>');
});
