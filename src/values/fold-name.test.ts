import common from '@unicode/unicode-15.1.0/Case_Folding/C/code-points.mjs';
import full from '@unicode/unicode-15.1.0/Case_Folding/F/code-points.mjs';
import unassigned from '@unicode/unicode-15.1.0/General_Category/Unassigned/regex.mjs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldName } from './fold-name.js';

/** The folding that the tables of Unicode print: C and F of CaseFolding.txt, else the character itself. */
function printedFold(text: string): string {
  return Array.from(text, (character) => {
    const codePoint = character.codePointAt(0) ?? 0;
    return String.fromCodePoint(...(full.get(codePoint) ?? [common.get(codePoint) ?? codePoint]));
  }).join('');
}

describe('foldName', () => {
  it('folds every assigned character as the tables of Unicode do', () => {
    const different: string[] = [];
    let compared = 0;
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
      const character = String.fromCodePoint(codePoint);
      if (unassigned.test(character)) continue;
      compared++;
      if (foldName(character) !== printedFold(character)) different.push(codePoint.toString(16));
    }
    expect(different).toEqual([]);
    expect(compared).toBeGreaterThan(280_000);
  });

  it.each([
    ['Stra\u00dfe', 'STRASSE'],
    ['\u1e9e', 'ss'],
    ['\u03a3\u0391\u03a3', '\u03c3\u03b1\u03c2'],
    ['\u212a', 'k'],
    ['\u0130', 'i\u0307'],
    ['\uab70', '\u13a0'],
    ['\u{10400}', '\u{10428}'],
  ])('brings %s and %s together', (one, other) => {
    expect(foldName(one)).toBe(foldName(other));
  });

  it.each([
    ['\u0131', 'i'],
    ['\u00e9', 'e\u0301'],
    ['SED GRP', 'SED_GRP'],
  ])('keeps %s and %s apart', (one, other) => {
    expect(foldName(one)).not.toBe(foldName(other));
  });

  it('folds a name character by character, wherever they stand', () => {
    const characters = fc.array(
      fc.constantFrom('a', 'B', '\u00df', '\u03a3', '\u0130', '\u0131', ' ', '\u13a0', '\u{10400}'),
    );
    fc.assert(
      fc.property(characters, (name) => {
        expect(foldName(name.join(''))).toBe(printedFold(name.join('')));
      }),
    );
  });
});
