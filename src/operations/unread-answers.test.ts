import { expect, it } from 'vitest';
import { UnreadAnswers } from './unread-answers.js';

it('refuses a registrar with too many unread bytes, and all if the total is too large', () => {
  const unread = new UnreadAnswers({ perRegistrar: 100, inAll: 150 });
  unread.of(1)(100);
  expect(unread.judge(1)).toBeUndefined();
  unread.of(1)(1);
  expect(unread.judge(1)).toMatchObject({ code: 2300, reason: expect.stringContaining('100 bytes') });
  expect(unread.judge(2)).toBeUndefined();
  unread.of(2)(60);
  expect(unread.judge(3)).toMatchObject({ code: 2300, reason: expect.stringContaining('150 bytes') });
  unread.of(1)(-101);
  expect([1, 2, 3].map((registrar) => unread.judge(registrar))).toEqual([undefined, undefined, undefined]);
});
