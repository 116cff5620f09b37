import { expect, it } from 'vitest';
import type { Answer } from '../registry/answers.js';
import { KeptAnswers } from './kept-answers.js';

const question = { identifier: '+1', asker: 'iana-en:1' };
const answer = (records = 0, fields: Partial<Answer> = {}): Answer => ({
  seds: Array.from({ length: records }) as unknown as Answer['seds'],
  isForPlace: true,
  isBySource: false,
  ...fields,
});

it('finds by place and asker', () => {
  const kept = new KeptAnswers(1000);
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
  const kept = new KeptAnswers(1000);
  kept.keep(7, 'a', question, answer(1));
  expect(kept.find(7, 'a', question)).toBeUndefined();
  expect(kept.find(8, 'a', question)).toBeDefined();
});

it('keeps what depends on the source by source, and what holds for one identifier not at all', () => {
  const kept = new KeptAnswers(1000);
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

it('keeps so many records and no more; what was kept first goes first', () => {
  const kept = new KeptAnswers(10);
  let order = 0;
  const keep = (place: string, own: Answer) => kept.keep(order++, place, question, own);
  const has = (place: string) => kept.find(order, place, question) !== undefined;
  for (const place of ['a', 'b', 'c', 'c', 'c']) keep(place, answer(2));
  expect(['a', 'b', 'c'].map(has)).toEqual([true, true, true]);
  keep('d', answer());
  keep('e', answer());
  expect(['a', 'b', 'c', 'd', 'e'].map(has)).toEqual([false, true, true, true, true]);
  keep('f', answer(10));
  expect(['b', 'c', 'd', 'e', 'f'].some(has)).toBe(false);
});
