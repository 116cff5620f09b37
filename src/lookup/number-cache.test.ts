import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Block, BlockRouteKey, Change } from '../registry/resolve/route-answers.js';
import { NumberCache } from './number-cache.js';

const blockOf = (head: string): Block => ({ lowest: `${head}000`, highest: `${head}999` });

/** Blocks with one number each, of which the others are known as well. */
function keeping(heads: readonly string[], bytes = 1_000_000): NumberCache {
  const cache = new NumberCache(bytes);
  for (const head of heads) {
    cache.add(0, blockOf(head), [
      [`${head}001`, `in ${head}`],
      [null, ''],
    ]);
  }
  return cache;
}

const held = (cache: NumberCache, heads: readonly string[]) => heads.filter((head) => cache.find(1, `${head}001`));

it('finds numbers that are provisioned and numbers that are not, with or without a plus', () => {
  const cache = keeping(['1202555']);
  expect(cache.find(1, '+1202555001')).toEqual({ subject: '+1202555001', routeKey: 'in 1202555' });
  expect(cache.find(1, '1202555000')).toEqual({ subject: '+1202555000', routeKey: '' });
  expect(cache.find(1, '1202555999')?.routeKey).toBe('');
});

it.each([
  '12025550010',
  '202555001',
  '1202556001',
  'rn=1202555001',
  'tn=1202555001',
  'sip:a@b',
  '',
  '001',
  '+1202555001 ',
])('does not find %j', (identifier) => {
  expect(keeping(['1202555']).find(1, identifier)).toBeUndefined();
});

it('finds only numbers of blocks whose order is below the one given', () => {
  const cache = new NumberCache(1_000_000);
  cache.add(5, blockOf('1202'), [[null, 'a']]);
  expect(cache.find(5, '1202001')).toBeUndefined();
  expect(cache.find(6, '1202001')?.routeKey).toBe('a');
});

it('does not cache route keys that hold for one number alone', () => {
  const cache = new NumberCache(1_000_000);
  cache.add(0, blockOf('1202'), [
    ['1202000', null],
    ['1202001', 'a'],
    [null, null],
  ]);
  expect(['1202000', '1202001', '1202002'].map((number) => cache.find(1, number)?.routeKey)).toEqual([
    undefined,
    'a',
    undefined,
  ]);
  cache.add(1, blockOf('1203'), []);
  expect(cache.find(2, '1203000')).toBeUndefined();
  expect(['1203000', '1203000'].map((number) => cache.count(number))).toEqual([undefined, undefined]);
});

it('asks for a block when a second of its numbers is looked up', () => {
  const cache = new NumberCache(1_000_000);
  expect(cache.count('+1202001')).toBeUndefined();
  expect(cache.count('1203001')).toBeUndefined();
  expect(cache.count('1202002')).toEqual(blockOf('1202'));
  expect([cache.count('sip:a@b'), cache.count('sip:a@b')]).toEqual([undefined, undefined]);
  const none = new NumberCache(0);
  expect([none.count('1202001'), none.count('1202001')]).toEqual([undefined, undefined]);
});

const heads = ['0202', '1201', '1202', '1203', '12025', '12026', '2202'];
it.each<[string, Change, string[]]>([
  ['one number', ['1202001', '1202001'], ['1202']],
  ['numbers of a length', ['1201999', '1202000'], ['1201', '1202']],
  ['more blocks than there are', ['0000000', '9999999'], ['0202', '1201', '1202', '1203', '2202']],
  ['a short number', ['911', '911'], []],
  ['a number with a zero in front', ['0202500', '0202500'], ['0202']],
  ['a prefix: numbers of all lengths', ['1202', '1202:'], ['1202', '12025', '12026']],
  ['a narrow span', ['1202500', '1202501:'], ['1202', '12025']],
  ['a span behind the last number of a block', ['12019990', '12019999:'], []],
  ['a span up to the first number of a block', ['1201', '1202:'], ['1201', '1202', '12025', '12026']],
  ['everything', ['', ':'], heads],
])('forgets the blocks of %s', (_, change, gone) => {
  const cache = keeping(heads);
  cache.drop([change]);
  expect(held(cache, heads)).toEqual(heads.filter((head) => !gone.includes(head)));
});

it('keeps to its maximum; the oldest blocks go first', () => {
  const all = Array.from({ length: 100 }, (_, index) => String(1000 + index));
  const cache = keeping(all, 10_000);
  expect([cache.isFull, keeping(all).isFull]).toEqual([true, false]);
  const left = held(cache, all);
  expect(left).toEqual(all.slice(-left.length));
  expect(left.length).toBeGreaterThan(15);
  expect(left.length).toBeLessThan(20);
  cache.clear();
  expect(held(cache, all)).toEqual([]);
});

it('counts each route key once; it goes with the last block that uses it', () => {
  const all = Array.from({ length: 20 }, (_, index) => String(1000 + index));
  const long = 'x'.repeat(5_000);
  const keep = (cache: NumberCache, placeIn: (head: string) => string) => {
    for (const head of all) cache.add(0, blockOf(head), [[`${head}001`, placeIn(head)]]);
    return held(cache, all).length;
  };
  const cache = new NumberCache(21_000);
  expect(keep(cache, () => long)).toBe(20);
  expect(keep(cache, (head) => long + head)).toBe(3);
  expect(keep(cache, (head) => long.repeat(5) + head)).toBe(0);
  expect(keep(cache, () => long)).toBe(20);
  cache.drop([['', ':']]);
  expect(keep(cache, () => long.repeat(2))).toBe(20);
});

it('gives the latest route key of any number, whatever is added and dropped', () => {
  const routeKey = fc.constantFrom('', 'a', 'b', null);
  const head = fc.constantFrom('12', '120', '121', '0121');
  const act = fc.oneof(
    fc.record({
      head,
      others: routeKey,
      numbers: fc.dictionary(fc.stringMatching(/^[0-9]{3}$/), routeKey, { maxKeys: 30 }),
    }),
    fc.record({ first: fc.stringMatching(/^[012]{4,7}$/), length: fc.nat({ max: 3000 }) }),
  );
  fc.assert(
    fc.property(
      fc.array(act, { maxLength: 12 }),
      fc.array(fc.stringMatching(/^[012]{1,2}[0-9]{3,5}$/)),
      (acts, asked) => {
        const cache = new NumberCache(1_000_000);
        const known = new Map<string, (number: string) => string | null>();
        for (const each of acts) {
          if ('head' in each) {
            const rows: BlockRouteKey[] = Object.entries(each.numbers).map(([tail, routeKey]) => [
              each.head + tail,
              routeKey,
            ]);
            cache.add(0, blockOf(each.head), [...rows, [null, each.others]]);
            known.set(each.head, (number) => {
              const routeKey = each.numbers[number.slice(-3)];
              return routeKey === undefined ? each.others : routeKey;
            });
          } else {
            const last = String(Number(each.first) + each.length).padStart(each.first.length, '0');
            if (last.length > each.first.length) continue;
            cache.drop([[each.first, last]]);
            for (const head of known.keys()) {
              const { lowest, highest } = blockOf(head);
              if (lowest.length === last.length && each.first <= highest && lowest <= last) known.delete(head);
            }
          }
        }
        for (const number of asked) {
          expect(cache.find(1, number)?.routeKey).toBe(known.get(number.slice(0, -3))?.(number) ?? undefined);
        }
      },
    ),
  );
});
