import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codePoints, collapse } from './text.js';

describe('collapse', () => {
  it.each([
    ['', ''],
    ['a b', 'a b'],
    ['  ', ''],
    [' a', 'a'],
    ['a ', 'a'],
    ['a  b', 'a b'],
    ['\t\r\n a\n\tb\r', 'a b'],
    ['a\tb', 'a b'],
  ])('%j becomes %j', (given, collapsed) => {
    expect(collapse(given)).toBe(collapsed);
  });

  it('leaves other white space alone', () => {
    expect(collapse('\u00a0a\u2003\u3000b\f')).toBe('\u00a0a\u2003\u3000b\f');
  });

  it('preserves the words, with one space between them', () => {
    const pieces = fc.array(fc.constantFrom('a', '\u00e9', ' ', '\t', '\n', '\r'));
    fc.assert(
      fc.property(pieces, (characters) => {
        const text = characters.join('');
        const words = text.split(/[ \t\n\r]/).filter((word) => word !== '');
        expect(collapse(text)).toBe(words.join(' '));
      }),
    );
  });
});

describe('codePoints', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['\u{1f600}', 1],
    ['a\u{10ffff}b', 3],
    ['\ud800', 1],
    ['\ud800a\udc00', 3],
    ['\ud800\ud800\udc00', 2],
  ])('%j has %i', (text, count) => {
    expect(codePoints(text)).toBe(count);
  });

  it('counts like the iterator of strings', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(codePoints(text)).toBe([...text].length);
      }),
    );
  });
});
