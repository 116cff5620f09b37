import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recordXml, XmlRecorder } from '../../test/support/record-xml.js';
import { SoapFault } from './fault.js';
import { XmlReader } from './read-xml.js';
import type { XmlElement } from './xml-events.js';
import { defaultXmlLimits } from './xml-limits.js';

const message = `<?xml version="1.0" encoding="UTF-8"?>
<!-- an add of one destination group, ä€😀 -->
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
  xmlns:s="urn:ietf:params:xml:ns:sppf:soap:1" xmlns:b='urn:ietf:params:xml:ns:sppf:base:1'
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\r
 <soapenv:Header/>
 <soapenv:Body>
  <s:spppAddRequest>
   <clientTransId>txn_1479 &amp; &#x1F600;</clientTransId>
   <obj xsi:type="b:DestGrpType"><b:rant>iana-en:222</b:rant><b:rar><![CDATA[iana-en:223 ]] > < &amp;]]></b:rar>
    <b:dgName>DÉST<!-- -->_GRP&#13;&lt;1</b:dgName></obj>
  </s:spppAddRequest>
 </soapenv:Body>
</soapenv:Envelope>
`;
const bytes = Buffer.from(message);
const whole = recordXml(message);

describe('events', () => {
  test('are the elements, texts and ends of the document in order', () => {
    const soap = 'http://schemas.xmlsoap.org/soap/envelope/';
    const base = 'urn:ietf:params:xml:ns:sppf:base:1';
    const blank = /^"(\\n| )*"$/;
    expect(whole.fault).toBeUndefined();
    expect(whole.events.filter((event) => !blank.test(event))).toEqual([
      `<{${soap}}Envelope>`,
      `<{${soap}}Header>`,
      '</>',
      `<{${soap}}Body>`,
      '<{urn:ietf:params:xml:ns:sppf:soap:1}spppAddRequest>',
      '<{}clientTransId>',
      '"txn_1479 & 😀"',
      '</>',
      '<{}obj {http://www.w3.org/2001/XMLSchema-instance}type="b:DestGrpType">',
      `<{${base}}rant>`,
      '"iana-en:222"',
      '</>',
      `<{${base}}rar>`,
      '"iana-en:223 ]] > < &amp;"',
      '</>',
      `<{${base}}dgName>`,
      '"DÉST_GRP\\r<1"',
      '</>',
      '</>',
      '</>',
      '</>',
      '</>',
    ]);
  });

  test('are the same wherever the bytes are cut', () => {
    for (let cut = 0; cut <= bytes.length; cut += 1) expect(recordXml(bytes, { cuts: [cut] })).toEqual(whole);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length)), (offsets) => {
        expect(recordXml(bytes, { cuts: offsets.sort((a, b) => a - b) })).toEqual(whole);
      }),
    );
  });

  test('tell nothing about white space and comments beside the root', () => {
    expect(recordXml(' \n<!-- --> <a/> \n<!-- --> ').events).toEqual(['<{}a>', '</>']);
  });

  test('come with attribute values as XML normalizes them', () => {
    expect(recordXml('<a b="1\r\n2\t3&#10;4&quot;" c=\'"\'/>').events[0]).toBe('<{}a {}b="1 2 3\\n4\\"" {}c="\\"">');
  });

  test('line ends become one', () => {
    expect(recordXml('<a>1\r\n2\r3\n</a>').events).toContain('"1\\n2\\n3\\n"');
  });
});

describe('an element', () => {
  const seen: XmlElement[] = [];
  const reader = new XmlReader(
    { open: (element) => seen.push(element), text: () => {}, close: () => {} },
    defaultXmlLimits,
  );
  reader.write(Buffer.from('<p:a xmlns:p="u" xmlns="v" p:b="p:x"><c xmlns:p="w"/><d/></p:a>'));
  reader.end();

  test('keeps its prefix, its attributes and its declarations', () => {
    expect(seen[0]).toMatchObject({
      prefix: 'p',
      uri: 'u',
      local: 'a',
      attributes: [{ prefix: 'p', uri: 'u', local: 'b', value: 'p:x' }],
    });
    expect(seen.map(({ declarations }) => [...declarations])).toEqual([
      [
        ['p', 'u'],
        ['', 'v'],
      ],
      [['p', 'w']],
      [],
    ]);
  });

  test('resolves prefixes in its own place, even when the document is over', () => {
    expect(seen.map((element) => ['p', '', 'xml', 'q'].map((prefix) => element.resolve(prefix)))).toEqual([
      ['u', 'v', 'http://www.w3.org/XML/1998/namespace', undefined],
      ['w', 'v', 'http://www.w3.org/XML/1998/namespace', undefined],
      ['u', 'v', 'http://www.w3.org/XML/1998/namespace', undefined],
    ]);
  });
});

describe('a reader', () => {
  test('counts lines', () => {
    const reader = new XmlReader(new XmlRecorder(), defaultXmlLimits);
    reader.write(Buffer.from('<a>\n\n<b/>'));
    expect(reader.line).toBe(3);
    expect(() => reader.write(Buffer.from('\r\n</c>'))).toThrow('unexpected close tag. (line 4)');
  });

  test('repeats its refusal', () => {
    const reader = new XmlReader(new XmlRecorder(), defaultXmlLimits);
    const refusal = new SoapFault('Client', 'disallowed character in tag name (line 1)');
    expect(() => reader.write(Buffer.from('<1>'))).toThrow(refusal);
    expect(() => reader.write(Buffer.from('<a/>'))).toThrow(refusal);
    expect(() => reader.end()).toThrow(refusal);
  });

  test('lets through what its handler throws', () => {
    const broken = new Error('the handler is broken');
    const open = () => {
      throw broken;
    };
    const reader = new XmlReader({ open, text: () => {}, close: () => {} }, defaultXmlLimits);
    expect(() => reader.write(Buffer.from('<a/>'))).toThrow(broken);
  });

  test('refuses no document at all', () => {
    expect(recordXml('').fault?.reason).toBe('document must contain a root element. (line 1)');
  });
});

test('a document cut anywhere is refused and never looks complete', () => {
  const last = bytes.lastIndexOf('>');
  for (let length = 0; length <= last; length += 1) {
    const { events, fault } = recordXml(bytes.subarray(0, length));
    expect(fault, `cut at ${length}`).toBeInstanceOf(SoapFault);
    expect(whole.events.slice(0, events.length)).toEqual(events);
    expect(events.length).toBeLessThan(whole.events.length);
  }
});
