import fc from 'fast-check';
import { ParseOption, XmlCData, XmlDocument, XmlElement, XmlParseError, XmlText, type XmlTreeNode } from 'libxml2-wasm';
import { expect, test } from 'vitest';
import { recordXml } from '../../test/support/record-xml.js';
import { runs } from '../../test/support/runs.js';

/** A namespace name that is no URI: libxml2 objects to it, the well-formedness rules do not. */
const wrongUri = / is not a valid URI\s*$/;

function isOnlyAboutUris({ details }: XmlParseError): boolean {
  const warning = 1;
  return details.every(({ level, message }) => level === warning || wrongUri.test(message));
}

/** What libxml2 reads in the words of the recorder, or the error with which it refuses. */
function oracle(bytes: Uint8Array): readonly string[] | XmlParseError {
  let document: XmlDocument;
  try {
    document = XmlDocument.fromBuffer(bytes, { option: ParseOption.XML_PARSE_NO_XXE });
  } catch (error) {
    if (error instanceof XmlParseError) return error;
    throw error;
  }
  const events: string[] = [];
  let text = '';
  const flush = () => {
    if (text !== '') events.push(JSON.stringify(text));
    text = '';
  };
  const walk = (node: XmlTreeNode) => {
    if (node instanceof XmlText || node instanceof XmlCData) text += node.content;
    if (!(node instanceof XmlElement)) return;
    flush();
    const attributes = node.attrs.map((each) => ` {${each.namespaceUri}}${each.name}=${JSON.stringify(each.value)}`);
    events.push(`<{${node.namespaceUri}}${node.name}${attributes.sort().join('')}>`);
    for (let child = node.firstChild; child !== null; child = child.next) walk(child);
    flush();
    events.push('</>');
  };
  walk(document.root);
  document.dispose();
  return events;
}

const seed =
  '<?xml version="1.0" encoding="UTF-8"?><!-- c --><p:a xmlns:p="urn:p" xmlns="urn:d" b="1&quot;" p:c=\'2\'>t&amp;é\r\n' +
  '<d xmlns="" e=" f\tg"/><![CDATA[<x>]]>]]&gt;&#x41;<p:h>😀<!-- i --><j/></p:h ></p:a>\n';

/** Bits of markup, whole and broken, that meet each other in every way. */
const bit = fc.constantFrom(
  ...['<a>', '</a>', '<a/>', '<p:b>', '</p:b>', '<', '>', '/>', '</', '&', '&amp;', '&#10;', '&#0;', '&x;', ';', ']]>'],
  ...[
    '<![CDATA[',
    '<!--',
    '-->',
    '--',
    '-',
    ']',
    '<?a b?>',
    '?>',
    ' ',
    '\r\n',
    '\r',
    '\t',
    '"',
    "'",
    '=',
    ':',
    '#',
    '!',
  ],
  ...[' b="c"', ' p:b="c"', ' xmlns:p="urn:p"', ' xmlns:q="urn:p"', ' xmlns="urn:e"', ' xmlns=""', ' q:b=""', ' :b=""'],
  ...['é', '😀', '\u0000', '\u0007', '\u0085', '\u2028', '\ufffe', '\u00b7', '1', '.', 'x', 'xml', 'xmlns'],
  ...['<?xml version="1.0"?>', '<?xml version="1.1"?>', '<!DOCTYPE a>', ' standalone="yes"', ' encoding="us-ascii"'],
);

const assembled = fc
  .tuple(fc.array(bit, { maxLength: 8 }), fc.array(bit, { maxLength: 3 }))
  .map(([inside, tag]) => `<a xmlns:p="urn:p"${tag.join('')}>${inside.join('')}</a>`);

const mutated = fc
  .array(fc.record({ at: fc.nat(seed.length), drop: fc.nat(3), put: fc.oneof(bit, fc.constant('')) }), { maxLength: 3 })
  .map((changes) =>
    changes.reduce((text, { at, drop, put }) => `${text.slice(0, at)}${put}${text.slice(at + drop)}`, seed),
  );

const bytewise = fc
  .array(fc.record({ at: fc.nat(seed.length), byte: fc.nat(255) }), { minLength: 1, maxLength: 2 })
  .map((changes) => {
    const bytes = Buffer.from(seed);
    for (const { at, byte } of changes) bytes[at] = byte;
    return bytes;
  });

test.each([
  ['assembled', assembled.map((text) => Buffer.from(text))],
  ['mutated', mutated.map((text) => Buffer.from(text))],
  [
    'mutated as UTF-16',
    mutated.map((text) => Buffer.from(`\ufeff${text.replace(' encoding="UTF-8"', '')}`, 'utf16le')),
  ],
  ['with bytes changed', bytewise],
])('what is accepted of documents %s, libxml2 reads alike', (_, documents) => {
  let accepted = 0;
  let refused = 0;
  fc.assert(
    fc.property(documents, (bytes) => {
      const { events, fault } = recordXml(bytes);
      if (fault !== undefined) {
        refused += 1;
        return;
      }
      const expected = oracle(bytes);
      fc.pre(!(expected instanceof XmlParseError && isOnlyAboutUris(expected)));
      accepted += 1;
      expect(expected).toEqual(events);
    }),
    runs(3_000),
  );
  expect(Math.min(accepted, refused)).toBeGreaterThan(100);
});
