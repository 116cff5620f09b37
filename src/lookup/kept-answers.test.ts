import { expect, it } from 'vitest';
import type { Answer } from '../registry/answers.js';
import { KeptAnswers } from './kept-answers.js';

const question = { identifier: '+1', asker: 'iana-en:1' };
const answer = (records = 0, fields: Partial<Answer> = {}, uri = 'sip:a'): Answer => ({
  seds: Array.from({ length: records }, () => ({ uri, uriAround: [uri] })) as unknown as Answer['seds'],
  isForPlace: true,
  isBySource: false,
  ...fields,
});

it('finds by place and asker', () => {
  const kept = new KeptAnswers(100_000);
  const own = answer(1);
  kept.keep(0, 'a', question, own);
  expect(kept.find(1, 'a', question)).toBe(own);
  expect(kept.find(1, 'a', { identifier: '+2', asker: 'iana-en:1' })).toBe(own);
  expect(kept.find(1, 'b', question)).toBeUndefined();
  expect(kept.find(1, 'a', { ...question, asker: 'iana-en:2' })).toBeUndefined();
  kept.clear();
  expect(kept.find(1, 'a', question)).toBeUndefined();
});

it('finds what was kept before so much else only', () => {
  const kept = new KeptAnswers(100_000);
  kept.keep(7, 'a', question, answer(1));
  expect(kept.find(7, 'a', question)).toBeUndefined();
  expect(kept.find(8, 'a', question)).toBeDefined();
});

it('keeps what depends on the source by source, and what holds for one identifier not at all', () => {
  const kept = new KeptAnswers(100_000);
  const [one, other] = [answer(1, { isBySource: true }), answer(2, { isBySource: true })];
  const from = (sourceIp: string) => ({ ...question, sourceIp });
  kept.keep(0, 'a', from('192.0.2.1'), one);
  kept.keep(1, 'a', from('192.0.2.2'), other);
  expect(kept.find(2, 'a', from('192.0.2.1'))).toBe(one);
  expect(kept.find(2, 'a', from('192.0.2.2'))).toBe(other);
  expect(kept.find(2, 'a', question)).toBeUndefined();
  kept.keep(2, 'b', question, answer(1, { isForPlace: false }));
  expect(kept.find(3, 'b', question)).toBeUndefined();
});

/** How many answers are left of so many that were kept one after the other. */
function leftOf(
  most: number,
  count: number,
  keyed: (nth: number) => { place: string; sourceUri?: string },
  own: Answer,
) {
  const kept = new KeptAnswers(most);
  for (let nth = 0; nth < count; nth++) {
    const { place, sourceUri } = keyed(nth);
    kept.keep(nth, place, { ...question, sourceUri }, own);
  }
  return Array.from({ length: count }, (_, nth) => keyed(nth)).filter(
    ({ place, sourceUri }) => kept.find(count, place, { ...question, sourceUri }) !== undefined,
  ).length;
}

it('keeps so many bytes: of records, of places, and of the sources that answers are for', () => {
  const nth = (n: number) => ({ place: `${n}` });
  expect(leftOf(100_000, 200, nth, answer())).toBe(200);
  for (const [keyed, own] of [
    [nth, answer(1000)],
    [nth, answer(1, {}, 'u'.repeat(20_000))],
    [(n: number) => ({ place: `${n}`.padEnd(20_000, ';') }), answer()],
    [(n: number) => ({ place: 'a', sourceUri: `${n}`.padEnd(2000, '/') }), answer(0, { isBySource: true })],
  ] as const) {
    expect(leftOf(100_000, 200, keyed, own)).toBeLessThan(30);
  }
});

it('what was not asked for the longest goes first', () => {
  const kept = new KeptAnswers(20_000);
  kept.keep(0, 'asked', question, answer(1));
  kept.keep(0, 'not asked', question, answer(1));
  for (let nth = 1; nth < 100; nth++) {
    kept.keep(nth, `${nth}`, question, answer(1));
    expect(kept.find(nth, 'asked', question)).toBeDefined();
  }
  expect(kept.find(100, 'not asked', question)).toBeUndefined();
});

it('what takes more than there is room for is not kept, at the cost of no other', () => {
  const kept = new KeptAnswers(20_000);
  kept.keep(0, 'a', question, answer(1));
  kept.keep(1, 'b', question, answer(1000));
  expect([kept.find(2, 'a', question) !== undefined, kept.find(2, 'b', question)]).toEqual([true, undefined]);
});
