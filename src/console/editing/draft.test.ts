import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { objOf } from '../../../test/support/arbitrary.js';
import { allForms } from '../../forms/columns.js';
import { differencesBetween } from '../../forms/differences.js';
import { blankDraft, type Draft, draftIn, draftOf, markOf, readDraft } from './draft.js';

const changed = allForms.filter(({ kind }) => kind !== 'sedGrpOffer');

describe.each(changed.map((form) => [form.kind, form] as const))('the form of %s', (kind, { struct }) => {
  it('has all of an object: sent as it is, it changes nothing', () => {
    fc.assert(
      fc.property(objOf(struct), (object) => {
        const texts = [...draftOf(object).texts].map(([name, text]) => [name, text.replaceAll('\n', '\r\n')]);
        const read = readDraft(draftIn(kind, new URLSearchParams(texts)), object.rar);
        expect(read).toMatchObject({ kind: object.kind });
        if (!('kind' in read)) return;
        expect(differencesBetween(object, read)).toEqual([]);
        expect(markOf(read)).toBe(markOf(object));
      }),
    );
  });

  it('says of each field that is needed that it is', () => {
    const read = readDraft(blankDraft(kind, []), 'iana-en:223');
    expect(read).toContainEqual({ input: 'rant', value: '', rule: 'needed' });
  });
});

/** A form with these texts, of iana-en:222. */
function filledIn(kind: Draft['kind'], texts: Record<string, string>): Draft {
  return draftIn(kind, new URLSearchParams({ rant: 'iana-en:222', ...texts }));
}

describe('a form', () => {
  it('takes numbers as people write them, and those that are digits alone as they are', () => {
    const read = (tn: string) => readDraft(filledIn('tn', { tn }), 'iana-en:223');
    expect(read('+1 (202) 555-0101')).toMatchObject({ tn: '+12025550101' });
    expect(read('0012025550101')).toMatchObject({ tn: '0012025550101' });
    expect(read('n/a')).toMatchObject([{ input: 'tn', value: 'n/a' }]);
  });

  it('takes one entry on a line, of the registrant or of another organization', () => {
    const sedRecRef = '10 REC WEST\n\n 20   sedRec:iana-en:111:REC_EAST ';
    const group = { sedGrpName: 'GROUP', isInSvc: 'true', priority: '5', sedRecRef, dgName: 'A;B C\nD\\E ' };
    expect(readDraft(filledIn('sedGrp', group), 'iana-en:223')).toMatchObject({
      dgName: ['A;B C', 'D\\E'],
      sedRecRef: [
        { priority: 10, sedKey: { rant: 'iana-en:222', name: 'REC WEST', type: 'SedRec' } },
        { priority: 20, sedKey: { rant: 'iana-en:111', name: 'REC_EAST', type: 'SedRec' } },
      ],
    });
  });

  it('says what is wrong with an entry, in the input where it is', () => {
    const group = {
      sedGrpName: 'GROUP',
      isInSvc: 'true',
      priority: '5',
      sedRecRef: '10 REC\nREC 10',
      sourceIdent: 'tel .*',
    };
    expect(readDraft(filledIn('sedGrp', group), 'iana-en:223')).toEqual([
      { input: 'sedRecRef', value: '10', rule: expect.stringMatching(/^entry 2, sedKey.name: 2 characters/) },
      { input: 'sedRecRef', value: 'REC', rule: 'entry 2, priority: a whole number from 0 to 65535' },
      { input: 'sourceIdent', value: 'tel', rule: expect.stringMatching(/^entry 1, sourceIdentScheme: one of /) },
    ]);
  });

  it('has two inputs for a pattern, each with what is wrong with it', () => {
    const route = { egrRteName: 'ROUTE', pref: '1', 'regxRewriteRule.ere': '(', 'regxRewriteRule.repl': '' };
    expect(readDraft(filledIn('egrRte', route), 'iana-en:223')).toMatchObject([
      { input: 'regxRewriteRule.ere', value: '(' },
      { input: 'regxRewriteRule.repl', value: '' },
    ]);
  });

  it('refuses a text that XML cannot hold', () => {
    expect(readDraft(filledIn('destGrp', { dgName: 'A\u0001BC' }), 'iana-en:223')).toMatchObject([{ input: 'dgName' }]);
  });
});
