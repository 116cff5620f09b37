import { expect, it } from 'vitest';
import type { BlockRouteKey, Change, RouteAnswer } from '../registry/resolve/route-answers.js';
import { LookupCache, type Ticket } from './lookup-cache.js';

const question = { identifier: '+12025550100', asker: 'iana-en:1' };
const answer: RouteAnswer = { seds: [], isForRouteKey: true, isBySource: false };
const block = { lowest: '12025550000', highest: '12025550999' };
const routeKeys: readonly BlockRouteKey[] = [
  ['12025550100', 'a'],
  [null, ''],
];
const routes: Change = ['', ''];
const itsNumber: Change = ['12025550100', '12025550100'];
const elsewhere: Change = ['12025551100', '12025551100'];

/** With a snapshot confirmed, as the first statement of all does it. */
function begun(): LookupCache {
  const cache = new LookupCache({ answerBytes: 1_000_000, numberBytes: 1_000_000 });
  cache.confirm(cache.ticket(), { snapshot: '10:10:', changes: [] });
  return cache;
}

const confirm = (cache: LookupCache, ticket: Ticket, snapshot: string | undefined, ...changes: Change[]) =>
  cache.confirm(ticket, { snapshot, changes });
const keep = (cache: LookupCache, ticket: Ticket = cache.ticket()) => cache.cacheAnswer(ticket, 'a', question, answer);
const hasAnswer = (cache: LookupCache, ticket: Ticket = cache.ticket()) =>
  cache.findAnswer(ticket, 'a', question) !== undefined;
const cacheBlock = (cache: LookupCache, ticket: Ticket = cache.ticket()) => cache.cacheBlock(ticket, block, routeKeys);
const hasBlock = (cache: LookupCache, ticket: Ticket = cache.ticket()) =>
  cache.findRouteKey(ticket, question) !== undefined;

it('caches nothing before it has a snapshot', () => {
  const cache = new LookupCache({ answerBytes: 1_000_000, numberBytes: 1_000_000 });
  keep(cache);
  cacheBlock(cache);
  expect([hasAnswer(cache), hasBlock(cache)]).toEqual([false, false]);
});

it('gives out the latest snapshot; drops answers when routes change, and blocks when their numbers do', () => {
  const cache = begun();
  keep(cache);
  cacheBlock(cache);
  confirm(cache, cache.ticket(), '11:11:');
  expect(cache.ticket().since).toBe('11:11:');
  confirm(cache, cache.ticket(), '12:12:', elsewhere);
  expect([hasAnswer(cache), hasBlock(cache)]).toEqual([true, true]);
  confirm(cache, cache.ticket(), '13:13:', routes);
  expect([hasAnswer(cache), hasBlock(cache)]).toEqual([false, true]);
  keep(cache);
  confirm(cache, cache.ticket(), '14:14:', elsewhere, itsNumber);
  expect([hasAnswer(cache), hasBlock(cache)]).toEqual([true, false]);
  expect(cache.ticket().since).toBe('14:14:');
});

it('answers a statement from no entry that was cached after it was sent: it may be newer than the snapshot', () => {
  const cache = begun();
  const early = cache.ticket();
  keep(cache);
  cacheBlock(cache);
  confirm(cache, early, '11:11:');
  expect([hasAnswer(cache, early), hasBlock(cache, early)]).toEqual([false, false]);
  expect([hasAnswer(cache), hasBlock(cache)]).toEqual([true, true]);
});

it('neither caches nor gives answers for a statement that was sent before a change', () => {
  const cache = begun();
  cacheBlock(cache);
  const early = cache.ticket();
  confirm(cache, cache.ticket(), '11:11:', routes);
  keep(cache, early);
  expect(hasAnswer(cache)).toBe(false);
  keep(cache);
  confirm(cache, early, '10:10:');
  expect(cache.ticket().since).toBe('11:11:');
  expect([hasAnswer(cache, early), hasBlock(cache, early)]).toEqual([false, false]);
});

it.each<[string, Change]>([
  ['a number', itsNumber],
  ['a span that holds all of them', ['1202', '1202:']],
  ['a span in the block', ['120255505', '120255505:']],
  ['numbers from below to above', ['12025540000', '12025560000']],
])('caches no block that was asked for before a change of %s in it', (_, change) => {
  const cache = begun();
  const early = cache.ticket();
  confirm(cache, cache.ticket(), '11:11:', elsewhere);
  confirm(cache, cache.ticket(), '12:12:', change);
  cacheBlock(cache, early);
  expect(hasBlock(cache)).toBe(false);
  keep(cache, early); // an answer for a place is the same whatever is there
  expect(hasAnswer(cache)).toBe(true);
  cacheBlock(cache);
  expect(hasBlock(cache)).toBe(true);
});

it.each<[string, Change]>([
  ['a number', elsewhere],
  ['a number of another length', ['1202555010', '1202555010']],
  ['a span', ['1202556', '1202556:']],
])('caches a block that was asked for before a change of %s elsewhere', (_, change) => {
  const cache = begun();
  const early = cache.ticket();
  confirm(cache, cache.ticket(), '11:11:', change);
  cacheBlock(cache, early);
  expect(hasBlock(cache)).toBe(true);
});

it('caches no block that was asked for before more changes than it remembers', () => {
  const cache = begun();
  const early = cache.ticket();
  for (let n = 0; n < 101; n++) confirm(cache, cache.ticket(), `${11 + n}:${11 + n}:`, elsewhere);
  cacheBlock(cache, early);
  expect(hasBlock(cache)).toBe(false);
});

it('tells how often all numbers were dropped', () => {
  const cache = begun();
  confirm(cache, cache.ticket(), '11:11:', elsewhere, itsNumber, routes);
  expect(cache.emptied).toBe(0);
  confirm(cache, cache.ticket(), '12:12:', ['', ':']);
  expect(cache.emptied).toBe(1);
});

it('takes the snapshot of the first statement that is answered', () => {
  const cache = new LookupCache({ answerBytes: 1_000_000, numberBytes: 1_000_000 });
  const [first, second] = [cache.ticket(), cache.ticket()];
  confirm(cache, first, '11:11:');
  confirm(cache, second, '10:10:');
  expect(cache.ticket().since).toBe('11:11:');
});

it('caches nothing where the database reports no snapshot, or is another one', () => {
  const cache = begun();
  keep(cache);
  cacheBlock(cache);
  confirm(cache, cache.ticket(), undefined);
  expect(cache.ticket().since).toBeUndefined();
  expect([hasAnswer(cache), hasBlock(cache)]).toEqual([false, false]);
  confirm(cache, cache.ticket(), '11:11:');
  keep(cache);
  const sent = cache.ticket();
  cache.forget();
  confirm(cache, sent, '12:12:');
  expect(cache.ticket().since).toBeUndefined();
  expect(hasAnswer(cache, sent)).toBe(false);
});

it('asks for the block of a number that is looked up again, unless it is cached', () => {
  const cache = begun();
  expect(cache.count(question)).toBeUndefined();
  expect(cache.count({ ...question, identifier: '12025550999' })).toEqual(block);
  cacheBlock(cache);
  expect(cache.count(question)).toBeUndefined();
});
