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

it('finds answers by route key and asker', () => {
  const cache = new AnswerCache(100_000);
  const cached = answer(1);
  cache.add(0, 'a', question, cached);
  expect(cache.find(1, 'a', question)).toBe(cached);
  expect(cache.find(1, 'a', { identifier: '+2', asker: 'iana-en:1' })).toBe(cached);
  expect(cache.find(1, 'b', question)).toBeUndefined();
  expect(cache.find(1, 'a', { ...question, asker: 'iana-en:2' })).toBeUndefined();
  cache.clear();
  expect(cache.find(1, 'a', question)).toBeUndefined();
});

it('finds only answers whose order is below the one given', () => {
  const cache = new AnswerCache(100_000);
  cache.add(7, 'a', question, answer(1));
  expect(cache.find(7, 'a', question)).toBeUndefined();
  expect(cache.find(8, 'a', question)).toBeDefined();
});

it('caches answers that depend on the source by source, and none that hold for one identifier alone', () => {
  const cache = new AnswerCache(100_000);
  const [one, other] = [answer(1, { isBySource: true }), answer(2, { isBySource: true })];
  const from = (sourceIp: string) => ({ ...question, sourceIp });
  cache.add(0, 'a', from('192.0.2.1'), one);
  cache.add(1, 'a', from('192.0.2.2'), other);
  expect(cache.find(2, 'a', from('192.0.2.1'))).toBe(one);
  expect(cache.find(2, 'a', from('192.0.2.2'))).toBe(other);
  expect(cache.find(2, 'a', question)).toBeUndefined();
  cache.add(2, 'b', question, answer(1, { isForRouteKey: false }));
  expect(cache.find(3, 'b', question)).toBeUndefined();
});

/** How many answers are left of so many that were kept one after the other. */
function leftOf(
  most: number,
  count: number,
  keyed: (nth: number) => { routeKey: string; sourceUri?: string },
  cached: RouteAnswer,
) {
  const cache = new AnswerCache(most);
  for (let nth = 0; nth < count; nth++) {
    const { routeKey, sourceUri } = keyed(nth);
    cache.add(nth, routeKey, { ...question, sourceUri }, cached);
  }
  return Array.from({ length: count }, (_, nth) => keyed(nth)).filter(
    ({ routeKey, sourceUri }) => cache.find(count, routeKey, { ...question, sourceUri }) !== undefined,
  ).length;
}

it('counts the bytes of records, route keys and sources towards its maximum', () => {
  const nth = (n: number) => ({ routeKey: `${n}` });
  expect(leftOf(100_000, 200, nth, answer())).toBe(200);
  for (const [keyed, cached] of [
    [nth, answer(1000)],
    [nth, answer(1, {}, 'u'.repeat(20_000))],
    [(n: number) => ({ routeKey: `${n}`.padEnd(20_000, ';') }), answer()],
    [(n: number) => ({ routeKey: 'a', sourceUri: `${n}`.padEnd(2000, '/') }), answer(0, { isBySource: true })],
  ] as const) {
    expect(leftOf(100_000, 200, keyed, cached)).toBeLessThan(30);
  }
});

it('drops the least recently used answer first', () => {
  const cache = new AnswerCache(20_000);
  cache.add(0, 'asked', question, answer(1));
  cache.add(0, 'not asked', question, answer(1));
  for (let nth = 1; nth < 100; nth++) {
    cache.add(nth, `${nth}`, question, answer(1));
    expect(cache.find(nth, 'asked', question)).toBeDefined();
  }
  expect(cache.find(100, 'not asked', question)).toBeUndefined();
});

it('does not cache an answer larger than its maximum, and drops no other for it', () => {
  const cache = new AnswerCache(20_000);
  cache.add(0, 'a', question, answer(1));
  cache.add(1, 'b', question, answer(1000));
  expect([cache.find(2, 'a', question) !== undefined, cache.find(2, 'b', question)]).toEqual([true, undefined]);
});
