import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Obj } from '../model/obj.js';
import { orderTextOf } from '../model/object-order.js';
import { compareCodePoints } from '../values/code-point-order.js';
import { ObjectSorter, type Sorted } from './object-sorter.js';

const owner = { rant: 'a:1', rar: 'a:1' };
const anyObject = fc.oneof(
  fc
    .string({ unit: 'binary', minLength: 1, maxLength: 4 })
    .map((dgName): Obj => ({ kind: 'DestGrpType', ...owner, dgName })),
  fc.stringMatching(/^\+?[0-3]{1,4}$/).map((tn): Obj => ({ kind: 'TNType', ...owner, dgName: [], tn, sedRecRef: [] })),
);

it('sorts by way of files as in memory, and leaves none behind', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyObject, { maxLength: 30 }),
      fc.integer({ min: 1, max: 40 }),
      async (objects, inMemory) => {
        const sorter = new ObjectSorter(inMemory);
        for (const [line, object] of objects.entries()) await sorter.add(object, line % 2, line);
        const sorted: Sorted[] = [];
        for await (const each of sorter.sorted()) sorted.push(each);
        await sorter.close();
        const orders = objects.map(orderTextOf).sort(compareCodePoints);
        expect(sorted.map(({ order }) => order)).toEqual(orders);
        expect(sorted.map(({ line, object }) => objects[line] && orderTextOf(object))).toEqual(orders);
        expect(new Set(sorted.map(({ line }) => line)).size).toBe(objects.length);
      },
    ),
    { numRuns: 60 },
  );
});
