import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RouteKeyTable, UNKNOWN } from './route-key-table.js';

it('stores a route key once, as long as it is used', () => {
  const routeKeys = new RouteKeyTable(10);
  const a = routeKeys.use('a');
  const alone = routeKeys.bytes;
  expect(routeKeys.use('a')).toBe(a);
  const b = routeKeys.use('');
  expect([routeKeys.at(a), routeKeys.at(b), routeKeys.at(UNKNOWN)]).toEqual(['a', '', undefined]);
  routeKeys.release(b);
  routeKeys.release(a);
  expect(routeKeys.bytes).toBe(alone);
  routeKeys.release(a);
  expect(routeKeys.bytes).toBe(0);
});

it('gives no index above the highest, and reuses free ones', () => {
  const routeKeys = new RouteKeyTable(2);
  expect([routeKeys.use('a'), routeKeys.use('b'), routeKeys.use('c'), routeKeys.use('b')]).toEqual([1, 2, UNKNOWN, 2]);
  routeKeys.release(UNKNOWN);
  routeKeys.release(1);
  expect([routeKeys.use('c'), routeKeys.at(1), routeKeys.use('a')]).toEqual([1, 'c', UNKNOWN]);
});

it('finds each route key by its index, whatever is used and released, and is empty in the end', () => {
  const act = fc.record({ text: fc.constantFrom('', 'a', 'bb', 'ccc', 'dddd'), isUse: fc.boolean() });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const routeKeys = new RouteKeyTable(3);
      const used: { text: string; index: number }[] = [];
      for (const { text, isUse } of acts) {
        if (isUse) {
          const index = routeKeys.use(text);
          if (index !== UNKNOWN) used.push({ text, index });
          else expect(new Set(used.map((each) => each.text)).size).toBe(3);
        } else {
          const one = used.find((each) => each.text === text);
          if (one === undefined) continue;
          used.splice(used.indexOf(one), 1);
          routeKeys.release(one.index);
        }
        for (const each of used) expect(routeKeys.at(each.index)).toBe(each.text);
      }
      for (const { index } of used) routeKeys.release(index);
      expect(routeKeys.bytes).toBe(0);
    }),
  );
});
