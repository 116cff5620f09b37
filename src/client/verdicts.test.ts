import { describe, expect, it } from 'vitest';
import type { SentItem } from '../sppp/encode-request.js';
import { message, type Result } from '../sppp/result.js';
import { readMessage, verdictsOf } from './verdicts.js';

const tn = (number: string): SentItem => ({
  verb: 'add',
  subject: { kind: 'TNType', rant: 'a:1', rar: 'a:1', dgName: [], tn: number, sedRecRef: [] },
});
const answer = { code: 2100, msg: 'Command invalid', resultObjs: [] };

describe('a message', () => {
  it.each([
    [{ code: 2101, attr: { attrName: 'tn', attrVal: '+1X' }, reason: 'no (such) digits', object: 7 }],
    [{ code: 2102, attr: { attrName: 'dgName', attrVal: 'a (b) (object 2)' }, object: 12 }],
    [{ code: 2101, attr: { attrName: 'ere', attrVal: '(' }, reason: 'why', object: 1 }],
    [{ code: 2103, attr: { attrName: 'rant', attrVal: '' }, object: 1 }],
  ] as const)('%j', (result: Result) => {
    expect(readMessage(message(result))).toEqual({
      attribute: result.attr?.attrName,
      value: result.attr?.attrVal,
      ...(result.reason === undefined ? {} : { reason: result.reason }),
      object: result.object,
    });
  });

  it.each([
    ['Object does not exist AttrName:tn AttrVal:+1 (x)', { attribute: 'tn', value: '+1 (x)' }],
    ['Request succeeded', {}],
    ['Command invalid (partial success, 1 of 2 applied)', {}],
  ])('%s of any server', (text, parts) => {
    expect(readMessage(text)).toEqual(parts);
  });
});

describe('verdicts', () => {
  const items = [tn('1'), tn('2'), tn('2'), tn('3')];

  it('have the place that the failure tells, and the object as it was sent', () => {
    const failure = { index: 2, attrName: 'tn', attrVal: '2' };
    const detail = { verb: 'add', code: 2101, msg: 'bad (object 2)', subject: tn('٠').subject, failure } as const;
    const { verdicts, isIndexed } = verdictsOf({ ...answer, details: [detail] }, items);
    expect(isIndexed).toBe(true);
    expect(verdicts).toEqual([
      {
        index: 1,
        verb: 'add',
        code: 2101,
        message: detail.msg,
        attribute: 'tn',
        value: '2',
        object: items[1]?.subject,
      },
    ]);
  });

  it('of a server that does not tell the place are found by what they are about, equal ones in turn', () => {
    const details = ['+3', '2', '2', '9'].map(
      (number) => ({ verb: 'add', code: 2101, msg: 'bad', subject: tn(number).subject, failure: undefined }) as const,
    );
    const { verdicts, isIndexed } = verdictsOf({ ...answer, details }, items);
    expect(isIndexed).toBe(false);
    expect(verdicts.map(({ index }) => index)).toEqual([3, 1, 2, undefined]);
    expect(verdicts.map(({ object }) => object)).toEqual([
      items[3]?.subject,
      items[1]?.subject,
      items[2]?.subject,
      tn('9').subject,
    ]);
  });

  it('about success have the object as the registry has it', () => {
    const subject = { ...tn('1').subject, cDate: '2026-01-01T00:00:00Z' } as SentItem['subject'];
    const detail = { verb: 'add', code: 1000, msg: 'Request succeeded', subject, failure: undefined } as const;
    const { verdicts, isIndexed } = verdictsOf({ ...answer, code: 1000, details: [detail] }, items);
    expect([isIndexed, verdicts[0]?.index, verdicts[0]?.object]).toEqual([true, 0, subject]);
  });
});
