import fc from 'fast-check';
import { expect, test } from 'vitest';
import { recordXml } from '../../test/support/record-xml.js';
import { envelopeNamespaces } from './version.js';
import { envelopeClose, envelopeOpen, escapeAttribute, escapeText } from './write-xml.js';

test('markup is escaped', () => {
  expect(escapeText('a < b && c > "d" ]]>')).toBe('a &lt; b &amp;&amp; c &gt; "d" ]]&gt;');
  expect(escapeAttribute('<"&\'>')).toBe("&lt;&quot;&amp;'&gt;");
});

test('white space that a reader would change is written as references', () => {
  expect(escapeText('\t\n\r')).toBe('\t\n&#13;');
  expect(escapeAttribute('\t\n\r')).toBe('&#9;&#10;&#13;');
});

test.each(['\0', '\b', '\x1b', '\ud800', '\udc00', '\ufffe', '\uffff'])(
  '%j, which XML cannot carry, is replaced',
  (bad) => {
    expect(escapeText(`a${bad}b`)).toBe('a\ufffdb');
    expect(escapeAttribute(`a${bad}b`)).toBe('a\ufffdb');
  },
);

test('what any text is written as reads back as that text', () => {
  const carried = (text: string) => text.replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\ufffd');
  const string = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...'<>&"\'\r\n\t ]é\u0085\u2028\0') }),
  );
  fc.assert(
    fc.property(string, string, (text, value) => {
      const { events, fault } = recordXml(`<a b="${escapeAttribute(value)}">${escapeText(text)}</a>`);
      const inside = text === '' ? [] : [JSON.stringify(carried(text))];
      expect(fault).toBeUndefined();
      expect(events).toEqual([`<{}a {}b=${JSON.stringify(carried(value))}>`, ...inside, '</>']);
    }),
  );
});

test.each(['1.1', '1.2'] as const)('a SOAP %s envelope is one line without a default namespace', (version) => {
  const message = `${envelopeOpen(version)}<p/>${envelopeClose()}`;
  expect(message).not.toMatch(/\n|xmlns=/);
  expect(message).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?><S:Envelope /);
  const soap = envelopeNamespaces[version];
  expect(recordXml(message).events).toEqual([
    `<{${soap}}Envelope>`,
    `<{${soap}}Body {http://www.w3.org/XML/1998/namespace}lang="en">`,
    '<{}p>',
    '</>',
    '</>',
    '</>',
  ]);
});
