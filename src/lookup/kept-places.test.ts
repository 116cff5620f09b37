import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KeptPlaces, UNKNOWN } from './kept-places.js';

it('keeps a text once, as long as it is used', () => {
  const places = new KeptPlaces(10);
  const a = places.use('a');
  const alone = places.bytes;
  expect(places.use('a')).toBe(a);
  const b = places.use('');
  expect([places.at(a), places.at(b), places.at(UNKNOWN)]).toEqual(['a', '', undefined]);
  places.release(b);
  places.release(a);
  expect(places.bytes).toBe(alone);
  places.release(a);
  expect(places.bytes).toBe(0);
});

it('gives no number above the highest, and numbers that are free again', () => {
  const places = new KeptPlaces(2);
  expect([places.use('a'), places.use('b'), places.use('c'), places.use('b')]).toEqual([1, 2, UNKNOWN, 2]);
  places.release(UNKNOWN);
  places.release(1);
  expect([places.use('c'), places.at(1), places.use('a')]).toEqual([1, 'c', UNKNOWN]);
});

it('knows each text by its number, whatever is used and released, and takes nothing in the end', () => {
  const act = fc.record({ text: fc.constantFrom('', 'a', 'bb', 'ccc', 'dddd'), isUse: fc.boolean() });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const places = new KeptPlaces(3);
      const used: { text: string; index: number }[] = [];
      for (const { text, isUse } of acts) {
        if (isUse) {
          const index = places.use(text);
          if (index !== UNKNOWN) used.push({ text, index });
          else expect(new Set(used.map((each) => each.text)).size).toBe(3);
        } else {
          const one = used.find((each) => each.text === text);
          if (one === undefined) continue;
          used.splice(used.indexOf(one), 1);
          places.release(one.index);
        }
        for (const each of used) expect(places.at(each.index)).toBe(each.text);
      }
      for (const { index } of used) places.release(index);
      expect(places.bytes).toBe(0);
    }),
  );
});
