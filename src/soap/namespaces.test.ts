import { describe, expect, test } from 'vitest';
import { recordXml } from '../../test/support/record-xml.js';
import { NamespaceScope, splitQName, wrongDeclaration, xmlNamespace } from './namespaces.js';

test.each([
  ['a', { prefix: '', local: 'a' }],
  ['p:a', { prefix: 'p', local: 'a' }],
  ['é:\u{10000}', { prefix: 'é', local: '\u{10000}' }],
  [':a', undefined],
  ['p:', undefined],
  ['p:q:a', undefined],
  ['p:1', undefined],
  ['p:-a', undefined],
])('%s is split', (name, split) => {
  expect(splitQName(name)).toEqual(split);
});

test.each([
  ['p', 'urn:x', true],
  ['', 'urn:x', true],
  ['', '', true],
  ['xml', xmlNamespace, true],
  ['p', '', false],
  ['xml', 'urn:x', false],
  ['p', xmlNamespace, false],
  ['', xmlNamespace, false],
  ['xmlns', 'urn:x', false],
  ['p', 'http://www.w3.org/2000/xmlns/', false],
])('xmlns:%s="%s" is allowed: %s', (prefix, uri, isAllowed) => {
  expect(wrongDeclaration(prefix, uri) === undefined).toBe(isAllowed);
});

describe('a scope', () => {
  const outer = NamespaceScope.outermost.within(
    new Map([
      ['', 'urn:default'],
      ['p', 'urn:p'],
    ]),
  );

  test('resolves what is declared, and nothing else', () => {
    expect(['', 'p', 'xml', 'q', 'xmlns', '__proto__'].map((prefix) => outer.resolve(prefix))).toEqual([
      'urn:default',
      'urn:p',
      xmlNamespace,
      undefined,
      undefined,
      undefined,
    ]);
    expect(NamespaceScope.outermost.resolve('')).toBe('');
  });

  test('is not changed by what is inside it', () => {
    const inner = outer.within(
      new Map([
        ['p', 'urn:other'],
        ['', ''],
      ]),
    );
    expect([inner.resolve('p'), inner.resolve('')]).toEqual(['urn:other', '']);
    expect([outer.resolve('p'), outer.resolve('')]).toEqual(['urn:p', 'urn:default']);
  });

  test('is shared by an element that repeats it', () => {
    expect(outer.within(new Map([['p', 'urn:p']]))).toBe(outer);
  });
});

describe('names in a document', () => {
  test('take the namespace in scope; attributes never the default one', () => {
    const document =
      '<a xmlns="u" xmlns:p="v" b="1" p:b="2"><p:c xmlns:p="w" p:d=""/><p:c/><e xmlns="" xml:lang="en"/><__proto__/></a>';
    expect(recordXml(document).events).toEqual([
      '<{u}a {v}b="2" {}b="1">',
      '<{w}c {w}d="">',
      '</>',
      '<{v}c>',
      '</>',
      `<{}e {${xmlNamespace}}lang="en">`,
      '</>',
      '<{u}__proto__>',
      '</>',
      '</>',
    ]);
  });

  test('a namespace is compared as it is written', () => {
    expect(recordXml('<p:a xmlns:p="u "/>').events).toEqual(['<{u }a>', '</>']);
  });

  test.each([
    ['<p:a/>', 'prefix "p" is not declared'],
    ['<a p:b=""/>', 'prefix "p" is not declared'],
    ['<a><b xmlns:p="u"/><p:c/></a>', 'prefix "p" is not declared'],
    ['<xmlns:a/>', 'prefix "xmlns" is not declared'],
    ['<a:b:c xmlns:a="u"/>', '"a:b:c" is not a qualified name'],
    ['<a :b=""/>', '":b" is not a qualified name'],
    ['<a xmlns:="u"/>', '"xmlns:" is not a qualified name'],
    ['<a xmlns:p=""/>', 'prefix "p" is declared as nothing'],
    ['<a xmlns:xmlns="u"/>', 'xmlns cannot be declared'],
    ['<a xmlns:xml="u"/>', 'xml and its namespace belong to each other'],
    ['<a xmlns:p="u" xmlns:q="u" p:b="" q:b=""/>', 'attribute "b" is given twice'],
    ['<a xmlns:p="u" xmlns:p="u"/>', 'duplicate attribute: xmlns:p.'],
  ])('%s is refused', (document, reason) => {
    expect(recordXml(document).fault?.reason).toBe(`${reason} (line 1)`);
  });
});
