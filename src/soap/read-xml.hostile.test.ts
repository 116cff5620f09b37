import { describe, expect, test } from 'vitest';
import { type Recording, recordXml } from '../../test/support/record-xml.js';
import { defaultXmlLimits, type XmlLimits } from './xml-limits.js';

describe('not XML', () => {
  test.each([
    ['mismatched end tags', '<a><b></a></b>'],
    ['a mismatched root', '<a></b>'],
    ['an end tag too many', '<a/></a>'],
    ['an end tag first', '</a>'],
    ['an end tag without a name', '<a></>'],
    ['an end tag with an attribute', '<a></a b="c">'],
    ['two roots', '<a/><b/>'],
    ['two roots, one after a comment', '<a/><!-- --><a></a>'],
    ['text before the root', 'x<a/>'],
    ['text after the root', '<a/>x'],
    ['CDATA after the root', '<a/><![CDATA[x]]>'],
    ['a reference after the root', '<a/>&#32;'],
    ['NUL after the root', '<a/>\0'],
    ['an attribute twice', '<a b="1" b="2"/>'],
    ['an attribute without value', '<a b/>'],
    ['an attribute without quotes', '<a b=c/>'],
    ['attributes without space', '<a b="1"c="2"/>'],
    ['"<" in an attribute', '<a b="<"/>'],
    ['a bare ampersand', '<a>a & b</a>'],
    ['a bare ampersand in an attribute', '<a b="a&b"/>'],
    ['a reference without end', '<a>&amp</a>'],
    ['an empty reference', '<a>&;</a>'],
    ['"]]>" in text', '<a>]]></a>'],
    ['NUL', '<a>\0</a>'],
    ['a control character', '<a>\x08</a>'],
    ['a control character in an attribute', '<a b="\x1f"/>'],
    ['a control character in a comment', '<a><!-- \x01 --></a>'],
    ['U+FFFE', '<a>\ufffe</a>'],
    ['a reference to NUL', '<a>&#0;</a>'],
    ['a reference to a control character', '<a>&#x1F;</a>'],
    ['a reference to a surrogate', '<a>&#xD800;&#xDC00;</a>'],
    ['a reference to U+FFFF', '<a>&#65535;</a>'],
    ['a reference beyond Unicode', '<a>&#x110000;</a>'],
    ['a reference that is no number', '<a>&#x;</a>'],
    ['a reference with a large X', '<a>&#X41;</a>'],
    ['"--" in a comment', '<a><!-- -- --></a>'],
    ['a comment that ends in "--->"', '<a><!-- ---></a>'],
    ['a comment without end', '<a><!-- </a>'],
    ['CDATA without end', '<a><![CDATA[ </a>'],
    ['unknown markup', '<a><!ELEMENT a ANY></a>'],
    ['a name that begins with a digit', '<1a/>'],
    ['a space before the name', '< a/>'],
    ['a tag without end', '<a'],
    ['no root', '<!-- -->'],
    ['white space before the declaration', ' <?xml version="1.0"?><a/>'],
    ['two declarations', '<?xml version="1.0"?><?xml version="1.0"?><a/>'],
    ['a declaration without version', '<?xml encoding="utf-8"?><a/>'],
    ['a declaration in the wrong order', '<?xml version="1.0" standalone="yes" encoding="utf-8"?><a/>'],
    ['a declaration inside', '<a><?xml version="1.0"?></a>'],
  ])('%s', (_, document) => {
    const { fault } = recordXml(document);
    expect(fault?.code).toBe('Client');
    expect(fault?.reason).toMatch(/ \(line 1\)$/);
  });

  test('an end tag that does not match closes nothing', () => {
    expect(recordXml('<a><b></a>').events).toEqual(['<{}a>', '<{}b>']);
    expect(recordXml('<a></b>').events).toEqual(['<{}a>']);
  });

  test('a long quotation of the document is cut', () => {
    expect(recordXml(`</${'a'.repeat(10_000)}>`).fault?.reason.length).toBeLessThan(250);
  });
});

describe('XML that is refused', () => {
  const laughs = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('');
  test.each([
    ['an external entity', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
    ['an external DTD', '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><a/>'],
    ['a parameter entity', '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x.dtd"> %x;]><a/>'],
    ['a billion laughs', `<!DOCTYPE a [<!ENTITY l0 "lol">${laughs}]><a>&l9;</a>`],
    [
      'an entity of a long text, many times',
      `<!DOCTYPE a [<!ENTITY x "${'x'.repeat(50_000)}">]><a>${'&x;'.repeat(50_000)}</a>`,
    ],
    ['a DOCTYPE of HTML', '<!DOCTYPE html><html/>'],
    ['an attribute default', '<!DOCTYPE a [<!ATTLIST a b CDATA "c">]><a/>'],
  ])('%s', (_, document) => {
    expect(recordXml(document)).toMatchObject({ events: [], fault: { reason: 'a DOCTYPE is not allowed (line 1)' } });
  });

  test.each([
    ['an endless DOCTYPE', `<!DOCTYPE a [${'<!ENTITY x "y">'.repeat(200_000)}`, 'the limit runLength'],
    ['a DOCTYPE inside the root', '<a><!DOCTYPE a></a>', 'inappropriately located doctype'],
    ['an undeclared entity', '<a>&nbsp;</a>', 'undefined entity'],
    ['an entity named like a member of objects', '<a>&constructor;&__proto__;</a>', 'undefined entity'],
    ['a processing instruction', '<?php x?><a/>', 'a processing instruction is not allowed'],
    ['a style sheet', '<?xml-stylesheet href="x"?><a/>', 'a processing instruction is not allowed'],
    ['a processing instruction inside', '<a><?x?></a>', 'a processing instruction is not allowed'],
    ['XML 1.1', '<?xml version="1.1"?><a>&#1;</a>', 'XML 1.1 is not read, only XML 1.0'],
    ['XML 1.7', '<?xml version="1.7"?><a/>', 'XML 1.7 is not read, only XML 1.0'],
  ])('%s', (_, document, reason) => {
    expect(recordXml(document).fault?.reason).toContain(reason);
  });
});

describe('limits', () => {
  const nested = (depth: number) => `${'<a>'.repeat(depth)}${'</a>'.repeat(depth)}`;
  const attributes = (count: number) => Array.from({ length: count }, (_, n) => ` a${n}=""`).join('');
  const declarations = (count: number) => Array.from({ length: count }, (_, n) => ` xmlns:p${n}="u"`).join('');
  const x = (length: number) => 'x'.repeat(length);

  /** Everything at the limit of 5 is read, everything one beyond it is not, however the bytes come. */
  test.each<[keyof XmlLimits, string, (size: number) => string]>([
    ['depth', 'elements', nested],
    ['attributes', 'attributes', (size) => `<b${attributes(size)}/>`],
    ['attributes', 'attributes beside declarations', (size) => `<b${attributes(size)}${declarations(5)}/>`],
    ['declarations', 'declarations', (size) => `<b${declarations(size)}/>`],
    ['declarations', 'declarations in scope', (size) => `<b xmlns:q="u"><c${declarations(size - 1)}/></b>`],
    ['nameLength', 'an element name', (size) => `<${x(size)}/>`],
    ['nameLength', 'an attribute name', (size) => `<a ${x(size)}=""/>`],
    ['attributeLength', 'an attribute value', (size) => `<a b="${x(size)}"/>`],
    ['attributeLength', 'a namespace name', (size) => `<a xmlns="${x(size)}"/>`],
  ])('%s: %s', (name, _, document) => {
    const limits = { [name]: 5 };
    expect(recordXml(document(5), { limits }).fault).toBeUndefined();
    const bytes = Buffer.from(document(6));
    const cuts = Array.from(bytes, (_, index) => index);
    for (const options of [{ limits }, { limits, cuts }]) {
      expect(recordXml(bytes, options).fault?.reason).toBe(`the limit ${name} = 5 is exceeded (line 1)`);
    }
  });

  /** The run is everything since the last event: up to and with the character that ends it. */
  test.each<[string, (size: number) => string]>([
    ['text', (size) => `<a>${x(size - 1)}</a>`],
    ['references', (size) => `<a>${'&#65;'.repeat(size / 5 - 1)}1234</a>`],
    ['white space before the root', (size) => `${' '.repeat(size - 3)}<a/>`],
    ['white space after the root', (size) => `<a/>${' '.repeat(size)}`],
    ['a comment', (size) => `<a><!--${x(size - 6)}--></a>`],
    ['CDATA', (size) => `<a><![CDATA[${x(size - 12)}]]></a>`],
    ['an end tag with spaces', (size) => `<a></a${' '.repeat(size - 4)}>`],
    ['white space in a tag', (size) => `<a${' '.repeat(size - 1)}/>`],
  ])('runLength: %s', (_, document) => {
    const limits = { runLength: 40 };
    expect(recordXml(document(40), { limits }).fault).toBeUndefined();
    const bytes = Buffer.from(document(45));
    const cuts = Array.from(bytes, (_, index) => index);
    for (const options of [{ limits }, { limits, cuts }]) {
      expect(recordXml(bytes, options).fault?.reason).toBe('the limit runLength = 40 is exceeded (line 1)');
    }
  });

  test('the defaults', () => {
    expect(defaultXmlLimits).toEqual({
      depth: 32,
      attributes: 64,
      declarations: 64,
      nameLength: 256,
      attributeLength: 8192,
      runLength: 1_048_576,
    });
  });
});

describe('floods', () => {
  const million = 1_000_000;

  /** Ten seconds a million characters is nothing that a slow machine needs, and far below anything quadratic. */
  function timed(document: string): Recording {
    const start = performance.now();
    const recording = recordXml(document);
    expect(performance.now() - start).toBeLessThan(10_000 * Math.max(1, document.length / million));
    return recording;
  }

  test.each([
    ['opens', '<a>'.repeat(million), 'depth'],
    ['attributes', `<a ${Array.from({ length: million }, (_, n) => `a${n}=""`).join(' ')}/>`, 'attributes'],
    ['declarations', `<a ${Array.from({ length: million }, (_, n) => `xmlns:a${n}="u"`).join(' ')}/>`, 'declarations'],
    ['an element name', `<${'a'.repeat(8 * million)}`, 'runLength'],
    ['an attribute name', `<a ${'a'.repeat(8 * million)}`, 'runLength'],
    ['an attribute value', `<a b="${'a'.repeat(8 * million)}`, 'runLength'],
    ['a reference', `<a>&${'a'.repeat(8 * million)}`, 'runLength'],
    ['a comment', `<a><!--${'- '.repeat(4 * million)}`, 'runLength'],
    ['CDATA', `<a><![CDATA[${']'.repeat(8 * million)}`, 'runLength'],
    ['a processing instruction', `<a><?${'a?'.repeat(4 * million)}`, 'runLength'],
    ['a text', `<a>${'a'.repeat(8 * million)}`, 'runLength'],
    ['references in a text', `<a>${'&#65;'.repeat(million)}`, 'runLength'],
    ['a declaration', `<?xml version="${'1'.repeat(8 * million)}`, 'runLength'],
  ])('%s: stopped', (_, document, limit) => {
    expect(timed(document).fault?.reason).toContain(`the limit ${limit} = `);
  });

  test('processing instructions: stopped at the first one', () => {
    expect(timed(`<a>${'<?a?>'.repeat(million)}</a>`).fault?.reason).toContain('a processing instruction');
  });

  const attributes = Array.from({ length: 64 }, (_, n) => `p:a${n}=""`).join(' ');
  const declarations = Array.from({ length: 63 }, (_, n) => `xmlns:a${n}="u"`).join(' ');
  test.each([
    ['numeric references', '&#65;'.repeat(1_000), 200],
    ['elements', '<a/>'.repeat(1_000), 250],
    ['attributes', `<a ${attributes}/>`, 1_800],
    ['declarations', `<a ${declarations}/>`, 1_050],
    ['one declaration beside many', `<a ${declarations}>${'<a xmlns:a0="v"/>'.repeat(6_000)}</a>`, 10],
    ['comments', '<!---->'.repeat(1_000), 140],
    ['CDATA', '<![CDATA[]]>'.repeat(1_000), 80],
    ['end brackets', ']'.repeat(1_000), 1_000],
    ['line ends', '\r\n'.repeat(1_000), 500],
  ])('a megabyte of %s: read in time', (_, part, times) => {
    const document = `<a xmlns:p="u">${`<b>${part}</b>`.repeat(times)}</a>`;
    expect(document.length).toBeGreaterThan(900_000);
    expect(timed(document).fault).toBeUndefined();
  });
});
