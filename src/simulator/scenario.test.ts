import { describe, expect, it } from 'vitest';
import { OperatorError } from '../operator-error.js';
import { readScenario } from './scenario.js';

const read = (value: unknown) => readScenario('s.json', typeof value === 'string' ? value : JSON.stringify(value));
const refused = (value: unknown) => {
  try {
    read(value);
  } catch (error) {
    if (error instanceof OperatorError) return error.message.split('\n');
    throw error;
  }
  return [];
};

describe('a scenario', () => {
  it('is a list of rules', () => {
    const key = 'tn:iana-en:222:+12025550101';
    const rules = [
      { keys: [key, 'destGrp:iana-en:222:DG_WEST'], answer: 2300, times: 2, retryAfter: 1 },
      { keys: ['tn:iana-en:222:12025550101'], answer: 2103 },
      { operations: ['submitServerStatusRqst'], http: 503, retryAfter: 0 },
      { keys: [key], cut: 'afterCommit', delay: 10 },
      { delay: 3_600_000 },
      { keys: ['sedGrpOffer:iana-en:222:WEST/iana-en:111', key], operations: ['submitAcceptRqst'], http: 500 },
    ];
    const [first, second, third, fourth, fifth, sixth, ...others] = read({ rules });
    expect(others).toEqual([]);
    expect([...(sixth?.operations ?? [])]).toEqual(['submitAcceptRqst']);
    expect(first).toMatchObject({ place: 0, times: 2, deed: { is: 'overall', code: 2300, retryAfter: 1 } });
    expect(first?.identities?.size).toBe(2);
    expect(second).toMatchObject({ times: Number.POSITIVE_INFINITY, deed: { is: 'object', code: 2103 } });
    expect([...(first?.identities ?? [])]).toContain([...(second?.identities ?? [])][0]); // by its digits
    expect(third).toMatchObject({ identities: undefined, deed: { is: 'http', status: 503, retryAfter: 0 } });
    expect([...(third?.operations ?? [])]).toEqual(['submitServerStatusRqst']);
    expect(fourth).toMatchObject({ delay: 10, deed: { is: 'cut', when: 'afterCommit' } });
    expect(fifth).toMatchObject({ delay: 3_600_000, deed: { is: 'delay' }, operations: undefined });
    expect(read({ rules: [] })).toEqual([]);
  });

  it('that is faulty has all of its faults told', () => {
    const rules = [
      { keys: ['tn:iana-en:222:+1202x', 'x', 7], answer: 2300 },
      { keys: [], answer: 2999 },
      {
        keys: ['tn:iana-en:222:+1202x', '+1202'],
        operations: ['submitX'],
        answer: '2300',
        times: 0,
        delay: 1.5,
        code: 1,
      },
      { answer: 2103 },
      { answer: 2300, http: 503, cut: 'later' },
      { cut: 'later', retryAfter: 5 },
      { cut: 'afterCommit', retryAfter: 5 },
      { http: 200 },
      {},
      'x',
      { keys: ['destGrp:iana-en:222:DG_WEST'], operations: ['submitServerStatusRqst', 'submitAddRqst'], http: 503 },
      { keys: ['destGrp:iana-en:222:DG_WEST'], operations: ['submitGetSedGrpOffersRqst'], http: 503 },
    ];
    expect(refused({ rules, more: true })).toEqual([
      's.json: more: true: no member but rules',
      's.json: rules[0].keys: ["tn:iana-en:222:+1202x","x",7]: a list of texts that is not empty',
      's.json: rules[1].keys: []: a list of texts that is not empty',
      's.json: rules[1].answer: 2999: one of 2000, 2002, 2100, 2300, 2301, 2101, 2102, 2103',
      's.json: rules[2].code: 1: one of keys, operations, times, answer, http, cut, delay, retryAfter',
      `s.json: rules[2].times: 0: a whole number from 1 to ${Number.MAX_SAFE_INTEGER}`,
      's.json: rules[2].delay: 1.5: a whole number from 1 to 3600000',
      's.json: rules[2].keys[0]: "tn:iana-en:222:+1202x": tn: not digits 0 to 9 after an optional +',
      expect.stringMatching(/^s\.json: rules\[2\]\.keys\[1\]: "\+1202": rant: the organization/),
      expect.stringMatching(/^s\.json: rules\[2\]\.operations\[0\]: "submitX": one of submitAddRqst, /),
      's.json: rules[2].answer: "2300": one of 2000, 2002, 2100, 2300, 2301, 2101, 2102, 2103',
      's.json: rules[3].keys: nothing: 2103 is about objects',
      's.json: rules[4].http: 503: not together with answer',
      's.json: rules[5].cut: "later": one of beforeCommit, afterCommit',
      's.json: rules[6].retryAfter: 5: only with http, or with an answer that is not about an object',
      's.json: rules[7].http: 200: an HTTP status from 400 to 599',
      's.json: rules[8].answer: nothing: a rule has one of answer, http, cut, or a delay, or both',
      's.json: rules[9]: "x": an object',
      's.json: rules[10].operations[0]: "submitServerStatusRqst": it has none of the keys, so the rule would never act on it',
      's.json: rules[11].operations[0]: "submitGetSedGrpOffersRqst": it has none of the keys, so the rule would never act on it',
    ]);
  });

  it.each([
    ['', /^s\.json: not JSON: /],
    ['[]', /^s\.json: rules: \[\]: an object with a list "rules"$/],
    ['null', /^s\.json: rules: null: an object/],
    ['{}', /^s\.json: rules: nothing: an object/],
    ['{"rules": {}}', /^s\.json: rules: \{\}: an object/],
  ])('%j is none', (text, message) => {
    expect(refused(text)).toEqual([expect.stringMatching(message)]);
  });
});
