import { describe, expect, it } from 'vitest';
import { ruleOf } from '../../test/support/arbitrary.js';
import { doesNotExist } from '../sppp/result.js';
import { Failures } from './failures.js';
import { changeOutcome, queryOutcome, refusedOutcome, unreadOutcome } from './outcome.js';

function failures(count: number): Failures {
  const all = new Failures();
  for (let index = 0; index < count; index++) {
    const subject = { kind: 'DestGrpType', rant: 'iana-en:1', rar: 'iana-en:1', dgName: `DG_${index}` } as const;
    all.add({ verb: 'add', index, subject, result: doesNotExist('dgName', subject.dgName) });
  }
  return all;
}

describe('the outcome of a change', () => {
  it.each([
    ['atomic', 0, 1000, true, 'done', false],
    ['atomic', 1, 2100, false, 'undone', true],
    ['partial', 0, 1000, true, 'done', false],
    ['partial', 1, 2100, true, 'done', false],
    ['partial', 3, 2100, false, 'undone', false],
    ['validate', 0, 1000, false, 'undone', false],
    ['validate', 1, 2100, false, 'undone', false],
  ] as const)('%s, %i of 3 failed: %i, committed %s, the others %s, wasted %s', (mode, failed, ...expected) => {
    const { overall, committed, others, isWasted, ...counts } = changeOutcome(failures(failed), 3, mode);
    expect([overall.code, committed, others, isWasted]).toEqual(expected);
    expect(counts).toMatchObject({ objects: 3, failed });
    expect([...counts.failedByKind]).toEqual(failed === 0 ? [] : [['add DestGrp', failed]]);
    expect([...counts.codes]).toEqual(failed === 0 ? [] : [[2102, failed]]);
  });
});

it('a query that fails fails for all of its keys', () => {
  expect(queryOutcome({ code: 1000 }, 5)).toMatchObject({ failed: 0, others: 'done', isWasted: false });
  const refused = {
    verb: 'get',
    index: 2,
    subject: { kind: 'ObjKeyType', rant: 'iana-en:1', name: 'DG', type: 'DestGrp' },
  };
  const result = { ...doesNotExist('name', 'DG'), object: 3 };
  const outcome = queryOutcome(result, 5, refused as Parameters<typeof queryOutcome>[2]);
  expect(outcome).toMatchObject({ objects: 5, failed: 5, others: 'failed', committed: false, isWasted: false });
  expect([...outcome.codes]).toEqual([[2102, 5]]);
  expect(outcome.failedObjects).toMatchObject([{ index: 3, noun: 'DestGrp' }]);
});

it.each([
  ['submitAddRqst', 2000, 'undone', true],
  ['submitBatchRqst', 2100, 'undone', true],
  ['submitAddRqst', 2300, 'undone', false],
  ['submitDelRqst', 2301, 'undone', false],
  ['submitGetRqst', 2000, 'failed', false],
  ['submitGetSedGrpOffersRqst', 2001, 'failed', false],
  ['submitServerStatusRqst', 2002, 'undone', false],
] as const)('%s that is refused with %i leaves its objects %s, wasted %s', (operation, code, others, isWasted) => {
  expect(refusedOutcome(ruleOf(operation), { code })).toMatchObject({ objects: 0, committed: false, others, isWasted });
});

it('a request that could not be read has wasted its items', () => {
  expect(unreadOutcome(undefined)).toMatchObject({ others: 'undone', isWasted: true });
  expect(unreadOutcome(ruleOf('submitAddRqst'))).toMatchObject({ others: 'undone', isWasted: true });
  expect(unreadOutcome(ruleOf('submitGetRqst'))).toMatchObject({ others: 'failed', isWasted: true });
});
