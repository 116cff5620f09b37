import { expect, it } from 'vitest';
import { detachedCopy, LONG_TEXT } from './detached-copy.js';

it('a copy is equal, shares shared values, and leaves extensions and long texts as they are', () => {
  const sedKey = { kind: 'ObjKeyType', rant: 'iana-en:1', name: 'REC', type: 'SedRec' };
  const sedRecRef = [{ sedKey, priority: 1 }];
  const items = [1, 2].map((index) => ({
    ...{ index, verb: 'add', isInSvc: true, ext: '<x/>', flaw: undefined, none: null },
    subject: { sedRecRef, dgName: ['ONE', 'TWO'], repl: 'x'.repeat(LONG_TEXT) },
  }));
  const copies = new WeakMap<object, unknown>();
  const [one, two] = items.map((item) => detachedCopy(item, copies));
  expect([one, two]).toEqual(items);
  expect(one).not.toBe(items[0]);
  expect(one?.subject.sedRecRef).not.toBe(sedRecRef);
  expect(one?.subject.sedRecRef).toBe(two?.subject.sedRecRef);
});
