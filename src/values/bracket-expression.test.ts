import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBracketExpression } from './bracket-expression.js';

describe('readBracketExpression', () => {
  it.each([
    '[a]',
    '[abc]',
    '[^a]',
    '[]]',
    '[]a]',
    '[^]]',
    '[^^]',
    '[-a]',
    '[^-a]',
    '[a-]',
    '[a-z0-9]',
    '[a-c-]',
    '[--1]',
    '[---]',
    '[%--]',
    '[+--.]',
    '[[]',
    '[a[b]',
    '[.a]',
    '[$*+?(){}|.^]',
    '[\\\\]',
    '[\\\\-a]',
    '[+-\\\\]',
    '[[:digit:]]',
    '[[:alpha:][:digit:]_-]',
    '[^[:space:]]',
    '[[.-.]-z]',
    '[a-[.z.]]',
    '[[.].]]',
    '[[...]]',
    '[[.\\.]]',
    '[[=a=]]',
    '[[=]=]]',
    '[😀]',
    '[😀-😂]',
    '[é-😂x]',
    '[[.😀.]]',
  ])('reads %s to its end', (bracket) => {
    expect(readBracketExpression(bracket, 0)).toMatchObject({ end: bracket.length });
    expect(readBracketExpression(`é(${bracket}]-]`, 2)).toMatchObject({ end: bracket.length + 2 });
  });

  it.each([
    ['[', "unmatched '[' at 1"],
    ['[a', "unmatched '[' at 1"],
    ['[]', "unmatched '[' at 1"],
    ['[^]', "unmatched '[' at 1"],
    ['[a-', "unmatched '[' at 1"],
    ['[a-z', "unmatched '[' at 1"],
    ['[z-a]', 'a range that runs backwards at 3'],
    ['[a-\\\\]', 'a range that runs backwards at 3'],
    ['[a--b]', 'a range that runs backwards at 3'],
    ['[😂-é]', 'a range that runs backwards at 3'],
    ['[a-c-e]', 'a range that goes on from a range at 5'],
    ['[[:digit:]-z]', 'a range to or from a class at 11'],
    ['[a-[:digit:]]', 'a range to or from a class at 3'],
    ['[[=a=]-z]', 'a range to or from a class at 7'],
    ['[[:foo:]]', 'an unknown character class at 2'],
    ['[[:<:]]', 'an unknown character class at 2'],
    ['[[:Alpha:]]', 'an unknown character class at 2'],
    ['[[:alphabet:]]', 'an unknown character class at 2'],
    ['[[:xalpha:]]', 'an unknown character class at 2'],
    ['[[:alpha]]', "unmatched '[:' at 2"],
    ['[a-[.z]', "unmatched '[.' at 4"],
    ['[[=a]]', "unmatched '[=' at 2"],
    ['[[.ch.]]', 'an unknown collating element at 2'],
    ['[[..]]', 'an unknown collating element at 2'],
    ['[[==]]', 'an unknown collating element at 2'],
  ])('refuses %s', (bracket, reason) => {
    expect(readBracketExpression(bracket, 0)).toEqual({ error: `not a POSIX extended regular expression: ${reason}` });
  });

  it.each([
    ['[\\d]', 2],
    ['[a\\]', 3],
    ['[+-\\]]', 4],
  ])('refuses the backslash in %s', (bracket, at) => {
    expect(readBracketExpression(bracket, 0)).toEqual({
      error: `not read alike everywhere: a single backslash in brackets at ${at}`,
    });
  });

  it('accepts exactly the ranges that do not run backwards', () => {
    const plain = fc
      .string({ unit: 'grapheme-composite', minLength: 1, maxLength: 1 })
      .filter((text) => /^[^-\]\\^[]$/u.test(text));
    fc.assert(
      fc.property(plain, plain, (low, high) => {
        const isForward = (low.codePointAt(0) ?? 0) <= (high.codePointAt(0) ?? 0);
        expect('end' in readBracketExpression(`[${low}-${high}]`, 0)).toBe(isForward);
      }),
    );
  });
});
