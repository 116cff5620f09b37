import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/support/runs.js';
import { compileEre, MAX_ERE_LENGTH, MAX_ERE_RANGED, MAX_ERE_SIZE } from './ere.js';

const refused = (reason: string) => ({ error: `not a POSIX extended regular expression: ${reason}` });
const costly = (reason: string) => ({ error: `too costly to run: ${reason}` });

describe('compileEre accepts', () => {
  it.each([
    ['a', 0],
    ['^(.*)$', 1],
    ['^(.*@)(.*)$', 2],
    ['^\\+1([0-9]{3})([0-9]{7})$', 2],
    ['^sip:(.+)@example\\.com$', 1],
    ['((a)(b(c)))', 4],
    ['a|b|(c|d)', 1],
    ['a*b+c?d{2}e{2,}f{2,3}g{0}h{255}', 0],
    ['[[:digit:]]+|[^])(*]', 0],
    ['^1$|^2$|(^3|^4)5(6$|7$)', 2],
    ['(^|,)911(,|$)', 2],
    ['(^a)?b', 1],
    ['(^a){0,1}b(c$){1}', 2],
    ['^$', 0],
    ['^', 0],
    ['a{001}', 0],
    ['(a?){3}', 1],
    ['((((a)+)+)+)+', 4],
  ])('%s with %i groups', (pattern, groups) => {
    expect(compileEre(pattern)).toMatchObject({ groups });
  });

  it.each(['\\^', '\\.', '\\[', '\\$', '\\(', '\\)', '\\|', '\\*', '\\+', '\\?', '\\{', '\\\\'])('%s', (text) => {
    expect(compileEre(text)).toMatchObject({ groups: 0 });
    expect(compileEre(`(${text}*)`)).toMatchObject({ groups: 1 });
  });

  it.each(['\\/', '\\-', '\\@', '\\!', '\\"', '\\#', '\\:', '\\=', '\\]', '\\}', '\\_', '\\~'])(
    '%s, which all read alike',
    (text) => {
      expect(compileEre(text)).toMatchObject({ groups: 0 });
    },
  );

  it.each([']', '}', '-', ',', 'a]b}', ' ', 'é', '😀+', '(😀)'])('%s as it stands', (pattern) => {
    expect('groups' in compileEre(pattern)).toBe(true);
  });
});

describe('compileEre refuses', () => {
  it.each([
    ['', 'an empty branch at 1'],
    ['()', 'an empty branch at 2'],
    ['|a', 'an empty branch at 1'],
    ['a|', 'an empty branch at 3'],
    ['a||b', 'an empty branch at 3'],
    ['(a|)b', 'an empty branch at 4'],
    ['ab(', "unmatched '(' at 3"],
    ['(a', "unmatched '(' at 1"],
    ['((a)|b', "unmatched '(' at 1"],
    [')', "unmatched ')' at 1"],
    ['(a))', "unmatched ')' at 4"],
    ['a|)', "unmatched ')' at 3"],
    ['*', "'*' with nothing to repeat at 1"],
    ['+1', "'+' with nothing to repeat at 1"],
    ['(?:a)', "'?' with nothing to repeat at 2"],
    ['***:a', "'*' with nothing to repeat at 1"],
    ['^*a', "'*' with nothing to repeat at 2"],
    ['a$+', "'+' with nothing to repeat at 3"],
    ['a|*', "'*' with nothing to repeat at 3"],
    ['{2}', "'{' with nothing to repeat at 1"],
    ['a**', "'*' with nothing to repeat at 3"],
    ['a+?', "'?' with nothing to repeat at 3"],
    ['a{2}{3}', "'{' with nothing to repeat at 5"],
    ['a{', "'{' without an interval such as {2} or {1,15} at 2"],
    ['a{}', "'{' without an interval such as {2} or {1,15} at 2"],
    ['a{,3}', "'{' without an interval such as {2} or {1,15} at 2"],
    ['a{x}', "'{' without an interval such as {2} or {1,15} at 2"],
    ['a{1, 2}', "'{' without an interval such as {2} or {1,15} at 2"],
    ['ab{x}c{2}', "'{' without an interval such as {2} or {1,15} at 3"],
    ['a{3,2}', 'an interval that runs backwards at 2'],
    ['a{256}', 'an interval beyond 255 at 2'],
    ['a{256,}', 'an interval beyond 255 at 2'],
    ['a{1,256}', 'an interval beyond 255 at 2'],
    ['a\\', 'a backslash at the end at 2'],
    ['(a)\\1', 'a back-reference \\1 at 4'],
    ['\\9', 'a back-reference \\9 at 1'],
    ['\\d', 'an escape \\d, write [0-9], at 1'],
    ['a\\w+', 'an escape \\w, write [[:alnum:]_], at 2'],
    ['\\s', 'an escape \\s, write [[:space:]], at 1'],
    ['\\b', 'an escape \\b at 1'],
    ['\\0', 'an escape \\0 at 1'],
    ['\\<', 'an escape \\< at 1'],
    ['\\>', 'an escape \\> at 1'],
    ["\\'", "an escape \\' at 1"],
    ['\\`', 'an escape \\` at 1'],
    ['\\ ', 'an escape \\  at 1'],
    ['\\é', 'an escape \\é at 1'],
    ['\\😀', 'an escape \\😀 at 1'],
    ['[a', "unmatched '[' at 1"],
    ['é😀([z-a])', 'a range that runs backwards at 6'],
    ['(a|[[:nope:]])', 'an unknown character class at 5'],
  ])('%s', (pattern, reason) => {
    expect(compileEre(pattern)).toEqual(refused(reason));
  });

  it.each([
    ['a^', 'an anchor that is not at the start of the pattern at 2'],
    ['a*^b', 'an anchor that is not at the start of the pattern at 3'],
    ['a(b|^)', 'an anchor that is not at the start of the pattern at 5'],
    ['$a', 'an anchor that is not at the end of the pattern at 1'],
    ['(a|$)b', 'an anchor that is not at the end of the pattern at 4'],
    ['(^|$|a){18}', 'an anchor that is not at the start of the pattern at 2'],
    ['(a$)*', 'an anchor that is not at the end of the pattern at 3'],
    ['(^a)+', 'an anchor that is not at the start of the pattern at 2'],
    ['(^a){1,}', 'an anchor that is not at the start of the pattern at 2'],
    ['(b$){0,2}', 'an anchor that is not at the end of the pattern at 3'],
  ])('the anchor in %s', (pattern, reason) => {
    expect(compileEre(pattern)).toEqual(costly(reason));
  });
});

describe('compileEre bounds', () => {
  const tooLarge = costly(`over ${MAX_ERE_SIZE} characters with its intervals expanded`);

  it('the length, in characters', () => {
    expect(compileEre('😀'.repeat(MAX_ERE_LENGTH))).toMatchObject({ groups: 0 });
    expect(compileEre('a'.repeat(MAX_ERE_LENGTH + 1))).toEqual({ error: 'more than 255 characters' });
  });

  it('the depth, by the length', () => {
    expect(compileEre(`${'('.repeat(127)}a${')'.repeat(127)}`)).toMatchObject({ groups: 127 });
  });

  it.each([
    ['(a{60}){5}', '(a{60}){5}b'],
    ['a{200}b{100}', 'a{200}b{101}'],
    ['^sip:.{1,255}@a$', 'a{255}b{46}'],
    ['(a{59,}){5}', '(a{60,}){5}'],
    ['(a|b|c){100}', '(a|b|cd){100}'],
    ['(a?){17}', '(a?){18}'],
    ['(a{0,12}){5}', '(a{0,13}){5}'],
    ['(a{0}){17}', '(a{0}){18}'],
    ['(ab?c){100}', '(a?b?c?){8}'],
    ['(a|b?){12}', '(a|b?){13}'],
    [`${'('.repeat(8)}a${')+'.repeat(8)}`, `${'('.repeat(9)}a${')+'.repeat(9)}`],
    [`${'('.repeat(4)}a*${')+'.repeat(4)}`, `${'('.repeat(5)}a*${')+'.repeat(5)}`],
    [`${'('.repeat(20)}a${')*'.repeat(20)}`, '((a{255}){255}){255}'],
    // Parts that can be empty, one behind the other, are as many as an interval of them.
    ['a?'.repeat(24), 'a?'.repeat(25)],
    ['.*'.repeat(24), '.*'.repeat(127)],
    ['(a?b?)'.repeat(10), '(a?b?)'.repeat(11)],
    [`x${'a?'.repeat(21)}x${'b?'.repeat(6)}`, `x${'a?'.repeat(21)}(b*|c)(d?){2}`],
    [`(xa?b?)${'c?'.repeat(19)}`, `(xa?b?)${'c?'.repeat(25)}`],
  ])('the size: %s is right, %s is too much', (right, tooMuch) => {
    expect('groups' in compileEre(right)).toBe(true);
    expect(compileEre(tooMuch)).toEqual(tooLarge);
  });
});

interface Made {
  readonly text: string;
  readonly groups: number;
}

function join(pieces: readonly Made[], between: string): Made {
  return {
    text: pieces.map((piece) => piece.text).join(between),
    groups: pieces.reduce((sum, piece) => sum + piece.groups, 0),
  };
}

const atom: fc.Arbitrary<Made> = fc
  .constantFrom('a', '7', '.', '\\.', '\\\\', '-', ']', '}', 'é', '😀', '[a-c]', '[^]]', '[[:digit:]x]', '[(|*]')
  .map((text) => ({ text, groups: 0 }));

/** Patterns by the grammar of POSIX, without anchors, with the number of groups that they were made of. */
const { pattern: anyPattern } = fc.letrec<{ pattern: Made; piece: Made; group: Made }>((tie) => ({
  pattern: fc
    .tuple(fc.array(tie('piece'), { minLength: 1, maxLength: 3 }), fc.constantFrom('', '|'))
    .map(([pieces, between]) => join(pieces, between)),
  piece: fc
    .tuple(
      fc.oneof({ depthSize: 'small', withCrossShrink: true }, atom, tie('group')),
      fc.constantFrom('', '*', '+', '?', '{2}', '{0,1}'),
    )
    .map(([made, quantifier]) => ({ text: made.text + quantifier, groups: made.groups })),
  group: tie('pattern').map((inner) => ({ text: `(${inner.text})`, groups: inner.groups + 1 })),
}));

describe('compileEre bounds the ranges', () => {
  it.each([
    ['[a-z0-9]+[\u4e00-\u9fff]', '[\u0020-\u{10ffff}]'],
    ['[\u0001-\uffff]', '[\u0001-\uffff][a-c]'],
    ['([\u4e00-\u9fff]{9}[^\u00c0-\u00ff]){25}', '[\u4e00-\u9fff][\u4e00-\u9fff]|([^\u4e00-\u9fff])[\u4e00-\u9fff]'],
  ])('%s is right, %s is too much', (right, tooMuch) => {
    expect('groups' in compileEre(right)).toBe(true);
    expect(compileEre(tooMuch)).toEqual(costly(`ranges of over ${MAX_ERE_RANGED} characters in all`));
  });
});

describe('any pattern by the grammar', () => {
  it('is accepted with its groups counted, unless it is too large', () => {
    fc.assert(
      fc.property(anyPattern, ({ text, groups }) => {
        const ere = compileEre(text);
        if ('error' in ere) expect(ere.error).toMatch(/^too costly to run: over|^more than 255/);
        else expect(ere).toMatchObject({ groups });
      }),
    );
  });

  it('is valid in JavaScript too, so nothing ill-formed is accepted', () => {
    const soup = fc.array(
      fc.constantFrom('a', '(', ')', '|', '*', '+', '?', '{', '}', '{2}', ',', '[', ']', '-', '^', '$', '\\', '.', '1'),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(soup, (tokens) => {
        const pattern = tokens.join('');
        // JavaScript has no bracket that begins with a closing one, and thinks [] to be empty.
        fc.pre(!/\[\^?\]/.test(pattern));
        if (!('error' in compileEre(pattern))) expect(() => new RegExp(pattern)).not.toThrow();
      }),
      runs(5000),
    );
  });
});
