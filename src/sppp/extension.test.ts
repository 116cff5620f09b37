import { describe, expect, it } from 'vitest';
import { decode } from '../../test/support/decoding.js';
import { addRequest, obj } from '../../test/support/message.js';
import { validateMessage } from '../../test/support/schema.js';

const soap = 'urn:ietf:params:xml:ns:sppf:soap:1';
const base = 'urn:ietf:params:xml:ns:sppf:base:1';
const xsi = 'http://www.w3.org/2001/XMLSchema-instance';

/** An Add whose object has this in its ext element; `declarations` stand on the ext element itself. */
function adding(content: string, declarations = ''): string {
  return addRequest(obj('DestGrpType', `<b:ext ${declarations}>${content}</b:ext><b:dgName>DEST_GRP</b:dgName>`));
}

/** What is kept of an ext element with this content. */
function kept(content: string, declarations = ''): string | undefined {
  const { items, refused, fault } = decode(adding(content, declarations));
  expect({ refused, fault }).toEqual({});
  const [item] = items;
  expect(item?.flaw).toBeUndefined();
  return item?.verb === 'add' ? item.subject.ext : undefined;
}

describe('the failure element of an answer', () => {
  const failure =
    '<d:failure xmlns:d="urn:sppp-server:detail:1"><d:index>1</d:index>x<x:deep xmlns:x="urn:x"/></d:failure>';
  const own = '<x:a xmlns:x="urn:x">1</x:a>';
  const extOf = (content: string) => {
    const { items } = decode(addRequest(obj('DestGrpType', `<b:ext>${content}</b:ext><b:dgName>DEST_GRP</b:dgName>`)));
    const [item] = items;
    return { flaw: item?.flaw, ext: item?.verb === 'add' ? item.subject.ext : 'none' };
  };

  it.each([failure, failure + failure, ` ${failure} `, '<failure xmlns="urn:sppp-server:detail:1"/>'])(
    'is dropped, and an ext of nothing else is absent: %s',
    (content) => {
      expect(extOf(content)).toEqual({ flaw: undefined, ext: undefined });
    },
  );

  it.each([failure + own, own + failure, failure + own + failure])(
    'is dropped beside what the client has there: %s',
    (content) => {
      expect(extOf(content)).toEqual({ flaw: undefined, ext: own });
    },
  );

  it('does not count against the limit', () => {
    const long = failure.replace('>x<', `>${'x'.repeat(100_000)}<`);
    expect(extOf(long + own)).toEqual({ flaw: undefined, ext: own });
  });

  it('stays if it is inside an element of the client', () => {
    const inside = `<x:a xmlns:x="urn:x">${failure}</x:a>`;
    expect(extOf(inside).ext).toContain('urn:sppp-server:detail:1');
  });
});

describe('an extension is stored as sent', () => {
  it.each([
    ['an element', '<x:a xmlns:x="urn:x">1</x:a>'],
    ['in the default namespace', '<a xmlns="urn:x"><b>1</b></a>'],
    ['without a namespace further in', '<x:a xmlns:x="urn:x"><b></b></x:a>'],
    ['with the default namespace undone further in', '<a xmlns="urn:x"><b xmlns=""></b><c></c></a>'],
    ['several elements', '<x:a xmlns:x="urn:x"></x:a><y:b xmlns:y="urn:y"></y:b>'],
    ['mixed content', '<x:a xmlns:x="urn:x"> one <x:b>two</x:b>\n\tthree </x:a>'],
    ['attributes', '<x:a xmlns:x="urn:x" b="1" x:c="2"></x:a>'],
    ['the language', '<x:a xmlns:x="urn:x" xml:lang="de">Straße</x:a>'],
    ['white space that must be kept', '<x:a xmlns:x="urn:x" xml:space="preserve" b="&#9;&#10;&#13; "> &#13; </x:a>'],
    ['markup as text', '<x:a xmlns:x="urn:x" b="&lt;&quot;&amp;&gt;">&lt;b&gt; &amp;amp; ]]&gt;</x:a>'],
    ['characters beyond the basic plane', '<x:a xmlns:x="urn:x" b="😀">𠀀\u0301\u0085\u2028</x:a>'],
    ['names like those of objects in JavaScript', '<x:__proto__ xmlns:x="urn:x" constructor="1"></x:__proto__>'],
    [
      'a prefix that means something else further in',
      '<x:a xmlns:x="urn:x"><x:b xmlns:x="urn:y"></x:b><x:c></x:c></x:a>',
    ],
    ['elements of our own namespaces further in', `<x:a xmlns:x="urn:x"><q:rant xmlns:q="${base}">1</q:rant></x:a>`],
    ['elements of the protocol', `<q:a xmlns:q="${soap}"></q:a>`],
    ['a declaration that nobody uses', '<x:a xmlns:x="urn:x" xmlns:y="urn:y"></x:a>'],
  ])('%s', (_, xml) => {
    expect(kept(xml)).toBe(xml);
    expect(validateMessage(adding(xml))).toEqual([]);
  });

  it.each([
    ['an empty element', '<x:a xmlns:x="urn:x"/>', '<x:a xmlns:x="urn:x"></x:a>'],
    ['CDATA', '<x:a xmlns:x="urn:x"><![CDATA[<b>&]]></x:a>', '<x:a xmlns:x="urn:x">&lt;b&gt;&amp;</x:a>'],
    ['character references', '<x:a xmlns:x="urn:x" b="&#x41;">&#66;</x:a>', '<x:a xmlns:x="urn:x" b="A">B</x:a>'],
    ['single quotes', `<x:a xmlns:x='urn:x' b='"'/>`, '<x:a xmlns:x="urn:x" b="&quot;"></x:a>'],
    ['comments, which are not kept', '<x:a xmlns:x="urn:x">1<!-- 2 -->3</x:a>', '<x:a xmlns:x="urn:x">13</x:a>'],
    [
      'white space between them',
      '\n <x:a xmlns:x="urn:x"/>\n <x:b xmlns:x="urn:x"/>\n',
      '<x:a xmlns:x="urn:x"></x:a><x:b xmlns:x="urn:x"></x:b>',
    ],
  ])('%s, in one form', (_, xml, form) => {
    expect(kept(xml)).toBe(form);
  });
});

describe('a prefix from outside is declared again', () => {
  it.each([
    ['of the element', '<x:a/>', 'xmlns:x="urn:x"', '<x:a xmlns:x="urn:x"></x:a>'],
    [
      'once for each element of ext',
      '<x:a/><x:b/>',
      'xmlns:x="urn:x"',
      '<x:a xmlns:x="urn:x"></x:a><x:b xmlns:x="urn:x"></x:b>',
    ],
    [
      'of an element further in',
      '<x:a xmlns:x="urn:x"><y:b/></x:a>',
      'xmlns:y="urn:y"',
      '<x:a xmlns:y="urn:y" xmlns:x="urn:x"><y:b></y:b></x:a>',
    ],
    [
      'of an attribute',
      '<x:a xmlns:x="urn:x" y:b="1"/>',
      'xmlns:y="urn:y"',
      '<x:a xmlns:y="urn:y" xmlns:x="urn:x" y:b="1"></x:a>',
    ],
    ['as the default namespace', '<a><b/></a>', 'xmlns="urn:x"', '<a xmlns="urn:x"><b></b></a>'],
    [
      'where only an inner element is in the default namespace',
      '<x:a xmlns:x="urn:x"><b/></x:a>',
      'xmlns="urn:y"',
      '<x:a xmlns="urn:y" xmlns:x="urn:x"><b></b></x:a>',
    ],
    [
      'although it means something else in between',
      '<x:a><x:b xmlns:x="urn:y"/><x:c/></x:a>',
      'xmlns:x="urn:x"',
      '<x:a xmlns:x="urn:x"><x:b xmlns:x="urn:y"></x:b><x:c></x:c></x:a>',
    ],
    [
      'with a name that has to be escaped',
      '<x:a/>',
      'xmlns:x="urn:x?a=1&amp;b=2"',
      '<x:a xmlns:x="urn:x?a=1&amp;b=2"></x:a>',
    ],
    [
      'of a QName in an attribute',
      '<x:a xmlns:x="urn:x" b=" y:c "/>',
      'xmlns:y="urn:y"',
      '<x:a xmlns:y="urn:y" xmlns:x="urn:x" b=" y:c "></x:a>',
    ],
    [
      'of the schema instance and of the type it tells',
      '<x:a xmlns:x="urn:x" xsi:type="y:T"/>',
      'xmlns:y="urn:y"',
      `<x:a xmlns:xsi="${xsi}" xmlns:y="urn:y" xmlns:x="urn:x" xsi:type="y:T"></x:a>`,
    ],
    [
      'of a type in the default namespace',
      '<x:a xmlns:x="urn:x" xsi:type="T"/>',
      'xmlns="urn:y"',
      `<x:a xmlns:xsi="${xsi}" xmlns="urn:y" xmlns:x="urn:x" xsi:type="T"></x:a>`,
    ],
  ])('%s', (_, content, declarations, form) => {
    expect(kept(content, declarations)).toBe(form);
  });

  it.each([
    ['that nothing inside uses', '<x:a xmlns:x="urn:x"/>', 'xmlns:y="urn:y"'],
    ['that was only the beginning of a URL', '<x:a xmlns:x="urn:x" b="http://example.com"/>', 'xmlns:y="urn:y"'],
    ['xml, which nobody has to declare', '<x:a xmlns:x="urn:x" xml:lang="en"/>', ''],
  ])('but not one %s', (_, content, declarations) => {
    expect(kept(content, declarations)).toBe(content.replace('/>', '></x:a>'));
  });
});

describe('content that ExtAnyType does not admit refuses the request (RFC 7877 §12)', () => {
  it.each([
    ['an element without a namespace', '<a/>', /a in ext must be of another namespace/],
    ['an element of the base namespace', '<b:rant>iana-en:222</b:rant>', /rant in ext must be of another namespace/],
    ['one of them behind a good one', '<x:a xmlns:x="urn:x"/><a/>', /a in ext must be of another namespace/],
    ['text', 'text', /ext holds elements, not text/],
    ['text between elements', '<x:a xmlns:x="urn:x"/>text<x:b xmlns:x="urn:x"/>', /ext holds elements, not text/],
    ['nothing', '', /ext must hold an element/],
    ['nothing but white space', ' \n', /ext must hold an element/],
  ])('%s', (_, content, reason) => {
    const { refused, items } = decode(adding(content));
    expect(refused?.code).toBe(2000);
    expect(refused?.reason).toMatch(reason);
    expect(items).toEqual([]);
    expect(validateMessage(adding(content))).not.toEqual([]);
  });

  it('an attribute of ext', () => {
    const xml = adding('<x:a xmlns:x="urn:x"/>', 'a="b"');
    expect(decode(xml).refused).toMatchObject({ code: 2000, reason: expect.stringContaining('attribute a') });
  });
});

describe('the size of an extension', () => {
  const limit = 200;
  const sized = (text: string) => `<x:a xmlns:x="urn:x">${text}</x:a>`;
  const extensionOf = (content: string, declarations = '') => {
    const { items, refused, fault } = decode(adding(content, declarations), { extension: limit });
    expect({ refused, fault }).toEqual({});
    const [item] = items;
    return { flaw: item?.flaw, ext: item?.verb === 'add' ? item.subject.ext : undefined };
  };

  it('may be up to the limit', () => {
    const xml = sized('t'.repeat(100));
    expect(extensionOf(xml)).toEqual({ flaw: undefined, ext: xml });
  });

  it('beyond the limit is a fault of its object alone, with its beginning as value, and nothing of it is stored', () => {
    const flaw = {
      attrName: 'ext',
      attrVal: sized('t'.repeat(300)).slice(0, 80),
      isCut: true,
      reason: 'longer than 200 characters',
    };
    expect(extensionOf(sized('t'.repeat(300)))).toMatchObject({
      ext: undefined,
      flaw: { attrName: 'ext', reason: flaw.reason },
    });
    expect(extensionOf(sized('') + sized('t'.repeat(300)))).toEqual({
      ext: undefined,
      flaw: { ...flaw, attrVal: '<x:a xmlns:x="urn:x"></x:a>' },
    });
  });

  it.each([
    ['text', sized('t'.repeat(limit))],
    ['attributes', `<x:a xmlns:x="urn:x" b="${'t'.repeat(limit)}"/>`],
    ['namespace names', `<x:a xmlns:x="urn:${'x'.repeat(limit)}"/>`],
    ['element names', `<x:${'a'.repeat(limit / 2)} xmlns:x="urn:x"/>`],
    ['many elements', sized('<b/>'.repeat(limit / 3))],
    ['many children of ext', sized('').repeat(limit / 10)],
  ])('counts %s', (_, content) => {
    expect(extensionOf(content).flaw?.attrName).toBe('ext');
  });

  // A short element that borrows a long namespace name is kept with that name, each time anew.
  it('includes the declarations from outside', () => {
    const declared = `xmlns:x="urn:${'x'.repeat(limit / 2)}"`;
    expect(extensionOf('<x:a/>', declared).flaw).toBeUndefined();
    expect(extensionOf('<x:a/><x:a/>', declared).flaw?.attrName).toBe('ext');
    expect(extensionOf('<x:a/>'.repeat(1000), declared).flaw?.attrVal.length).toBeLessThanOrEqual(80);
  });
});

describe('a name that only the fifth edition of XML 1.0 allows', () => {
  const odd = '\u{10400}';
  it.each([
    ['of an element', `<x:${odd} xmlns:x="urn:x"/>`],
    ['that begins as it may', `<x:a${odd} xmlns:x="urn:x"/>`],
    ['of an element further in', `<x:a xmlns:x="urn:x"><b><${odd}/></b></x:a>`],
    ['of an attribute', `<x:a xmlns:x="urn:x" ${odd}="1"/>`],
    ['of an attribute with a prefix', `<x:a xmlns:x="urn:x" x:${odd}="1"/>`],
    ['of a prefix', `<${odd}:a xmlns:${odd}="urn:x"/>`],
    ['of a prefix that nobody uses', `<x:a xmlns:x="urn:x" xmlns:${odd}="urn:y"/>`],
    ['of a prefix that was declared outside', `<x:a xmlns:x="urn:x" ${odd}:b="1"/>`, `xmlns:${odd}="urn:y"`],
    ['of a prefix in a value', `<x:a xmlns:x="urn:x" b="${odd}:b"/>`, `xmlns:${odd}="urn:y"`],
  ])('%s is a flaw of the object', (_, content, declarations = '') => {
    const { items, refused, fault } = decode(adding(content, declarations));
    expect({ refused, fault }).toEqual({});
    expect(items[0]?.flaw).toMatchObject({
      attrName: 'ext',
      reason: 'a name that not every edition of XML 1.0 allows',
    });
    expect(items[0]?.flaw?.attrVal).toContain(odd);
    expect(items[0]?.subject).not.toHaveProperty('ext');
  });

  it.each(['\u{2c00}', '\u{370}', '\u{132}', '\u{1680}', '\u{9fa6}', '\u{200c}a'])('as %s does', (name) => {
    const { items } = decode(adding(`<${name} xmlns="urn:x"/>`));
    expect(items[0]?.flaw).toMatchObject({ attrName: 'ext', attrVal: name });
  });

  it.each(['Straße', 'имя', '名前', 'a\u{301}', 'a·b', '_1.2-3', 'a٣'])('is not %s', (name) => {
    const xml = `<${name} xmlns="urn:x" x:${name}="${odd}" xmlns:x="urn:y"></${name}>`;
    expect(decode(adding(xml)).items[0]?.flaw).toBeUndefined();
  });
});
