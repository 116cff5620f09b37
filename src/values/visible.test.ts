import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasHidden, visible, visibleLines } from './visible.js';

describe('a printed text', () => {
  it.each([
    ['\u001b[31mred', '\\u001b[31mred'],
    ['a\r\nb\tc', 'a\\u000d\\u000ab\\u0009c'],
    ['\u007f\u0085\u009b', '\\u007f\\u0085\\u009b'],
    ['+1202\u202e5550100\u2066\u2069', '+1202\\u202e5550100\\u2066\\u2069'],
    ['zero\u200bwidth\u200d\ufeff\u2060', 'zero\\u200bwidth\\u200d\\ufeff\\u2060'],
    ['\u2028\u2029', '\\u2028\\u2029'],
    ['\u3164\u115f\u034f\u00ad\ufe0f', '\\u3164\\u115f\\u034f\\u00ad\\ufe0f'],
    ['\u{e0041}', '\\udb40\\udc41'],
    ['\ud800', '\\ud800'],
  ])('%j is written %s', (text, shown) => {
    expect([visible(text), hasHidden(text)]).toEqual([shown, true]);
  });

  it('is unchanged if every character is visible', () => {
    const text = 'sip:\\1@Übertragung.example «日本語» 👍 €';
    expect([visible(text), hasHidden(text)]).toEqual([text, false]);
  });

  it('of several lines keeps only its line ends and tabs', () => {
    expect(visibleLines('a\n\tb\r\n\u0000c')).toBe('a\n\tb\\u000d\n\\u0000c');
  });

  it('is JSON of the same value if it was JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = visible(JSON.stringify(text));
        expect(hasHidden(shown)).toBe(false);
        expect(JSON.parse(shown)).toBe(text);
      }),
    );
  });
});
