import { expect, it } from 'vitest';
import type { RouteAnswer } from '../registry/resolve/route-answers.js';
import { AnswerCache } from './answer-cache.js';

const question = { identifier: '+1', asker: 'iana-en:1' };
const answer = (records = 0, fields: Partial<RouteAnswer> = {}, uri = 'sip:a'): RouteAnswer => ({
  seds: Array.from({ length: records }, () => ({ uri, uriAround: [uri] })) as unknown as RouteAnswer['seds'],
  isForRouteKey: true,
  isBySource: false,
  ...fields,
});

it('finds by place and asker', () => {
  const cache = new AnswerCache(100_000);
  const detachedCopy = answer(1);
  cache.keep(0, 'a', question, detachedCopy);
  expect(cache.find(1, 'a', question)).toBe(detachedCopy);
  expect(cache.find(1, 'a', { identifier: '+2', asker: 'iana-en:1' })).toBe(detachedCopy);
  expect(cache.find(1, 'b', question)).toBeUndefined();
  expect(cache.find(1, 'a', { ...question, asker: 'iana-en:2' })).toBeUndefined();
  cache.clear();
  expect(cache.find(1, 'a', question)).toBeUndefined();
});

it('finds what was kept before so much else only', () => {
  const cache = new AnswerCache(100_000);
  cache.keep(7, 'a', question, answer(1));
  expect(cache.find(7, 'a', question)).toBeUndefined();
  expect(cache.find(8, 'a', question)).toBeDefined();
});

it('keeps what depends on the source by source, and what holds for one identifier not at all', () => {
  const cache = new AnswerCache(100_000);
  const [one, other] = [answer(1, { isBySource: true }), answer(2, { isBySource: true })];
  const from = (sourceIp: string) => ({ ...question, sourceIp });
  cache.keep(0, 'a', from('192.0.2.1'), one);
  cache.keep(1, 'a', from('192.0.2.2'), other);
  expect(cache.find(2, 'a', from('192.0.2.1'))).toBe(one);
  expect(cache.find(2, 'a', from('192.0.2.2'))).toBe(other);
  expect(cache.find(2, 'a', question)).toBeUndefined();
  cache.keep(2, 'b', question, answer(1, { isForRouteKey: false }));
  expect(cache.find(3, 'b', question)).toBeUndefined();
});

/** How many answers are left of so many that were kept one after the other. */
function leftOf(
  most: number,
  count: number,
  keyed: (nth: number) => { routeKey: string; sourceUri?: string },
  detachedCopy: RouteAnswer,
) {
  const cache = new AnswerCache(most);
  for (let nth = 0; nth < count; nth++) {
    const { routeKey, sourceUri } = keyed(nth);
    cache.keep(nth, routeKey, { ...question, sourceUri }, detachedCopy);
  }
  return Array.from({ length: count }, (_, nth) => keyed(nth)).filter(
    ({ routeKey, sourceUri }) => cache.find(count, routeKey, { ...question, sourceUri }) !== undefined,
  ).length;
}

it('keeps so many bytes: of records, of places, and of the sources that answers are for', () => {
  const nth = (n: number) => ({ routeKey: `${n}` });
  expect(leftOf(100_000, 200, nth, answer())).toBe(200);
  for (const [keyed, detachedCopy] of [
    [nth, answer(1000)],
    [nth, answer(1, {}, 'u'.repeat(20_000))],
    [(n: number) => ({ routeKey: `${n}`.padEnd(20_000, ';') }), answer()],
    [(n: number) => ({ routeKey: 'a', sourceUri: `${n}`.padEnd(2000, '/') }), answer(0, { isBySource: true })],
  ] as const) {
    expect(leftOf(100_000, 200, keyed, detachedCopy)).toBeLessThan(30);
  }
});

it('what was not asked for the longest goes first', () => {
  const cache = new AnswerCache(20_000);
  cache.keep(0, 'asked', question, answer(1));
  cache.keep(0, 'not asked', question, answer(1));
  for (let nth = 1; nth < 100; nth++) {
    cache.keep(nth, `${nth}`, question, answer(1));
    expect(cache.find(nth, 'asked', question)).toBeDefined();
  }
  expect(cache.find(100, 'not asked', question)).toBeUndefined();
});

it('what takes more than there is room for is not kept, at the cost of no other', () => {
  const cache = new AnswerCache(20_000);
  cache.keep(0, 'a', question, answer(1));
  cache.keep(1, 'b', question, answer(1000));
  expect([cache.find(2, 'a', question) !== undefined, cache.find(2, 'b', question)]).toEqual([true, undefined]);
});
