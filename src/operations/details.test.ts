import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { ruleOf } from '../../test/support/arbitrary.js';
import type { Detail } from '../sppp/message.js';
import { RequestRefusedError } from '../sppp/request-refused.js';
import { doesNotExist, succeeded } from '../sppp/result.js';
import { Details } from './details.js';
import type { Mode } from './outcome.js';
import { UnreadAnswers } from './unread-answers.js';

function details(mode: Mode, perRegistrar = 1_000_000) {
  const unread = new UnreadAnswers({ perRegistrar, inAll: 2 * perRegistrar });
  const request = { registrarId: 1, rule: ruleOf('submitAddRqst'), mode };
  return { details: new Details(request, unread), unread };
}

function said(from: number, count: number, isFailure = true): Detail[] {
  return Array.from({ length: count }, (_, n) => {
    const dgName = `DG_${from + n}`;
    const subject = { kind: 'DestGrpType', rant: 'iana-en:1', rar: 'iana-en:1', dgName } as const;
    return { verb: 'add', index: from + n, subject, result: isFailure ? doesNotExist('dgName', dgName) : succeeded };
  });
}

/** The names in the order of the answer. */
async function indexesOf({ held, details: few }: ReturnType<Details['all']>): Promise<readonly number[]> {
  if (held === undefined) return few.map(({ index }) => index);
  expect(few).toEqual([]);
  return [...(await text(held.read())).matchAll(/dgName>DG_(\d+)</g)].map(([, n]) => Number(n));
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

it('come in the order of the request, few or many, however they were gathered', async () => {
  for (const parts of [[1], [10, 54], [10, 55], [64, 1, 0, 200], [5000, 1, 3000]]) {
    const { details: some } = details('partial');
    let from = 0;
    for (const count of parts) {
      await some.add(said(from, count, from % 2 === 0));
      from += count;
    }
    const all = some.all();
    expect(all.held === undefined, String(parts)).toBe(from <= 64);
    expect(await indexesOf(all), String(parts)).toEqual(upTo(from));
  }
});

it('are counted by code, verb and noun, failures alone', async () => {
  const { details: some } = details('validate');
  await some.add(said(0, 100, false));
  await some.add(said(100, 30));
  await some.add(said(130, 300));
  const { count, codes, kinds, stored } = some.failures;
  expect(count).toBe(330);
  expect([...codes]).toEqual([[2102, 330]]);
  expect([...kinds]).toEqual([['add DestGrp', 330]]);
  expect(stored.map(({ index }) => index)).toEqual(upTo(330).map((n) => n + 101));
});

it('of an atomic request are its first failure only, even after won claims', async () => {
  const { details: some, unread } = details('atomic', 0);
  await expect(some.add(said(0, 5000, false))).rejects.toThrow(RequestRefusedError);
  await some.add([...said(5000, 5, false), ...said(5005, 5)]);
  await some.add(said(5010, 500));
  expect(some.failures.count).toBe(1);
  expect(await indexesOf(some.all())).toEqual([5005]);
  expect(unread.judge(1)).toBeUndefined();
});

it('that exceed the rest of the registrar’s unread answers end the request, and then hold nothing', async () => {
  const { details: some, unread } = details('partial', 5000);
  await some.add(said(0, 400));
  await expect(some.add(said(400, 1000))).rejects.toMatchObject({
    result: { code: 2300, reason: expect.stringContaining('not read yet') },
  });
  expect(unread.judge(1)).toBeDefined();
  some.drop();
  expect(unread.judge(1)).toBeUndefined();
});
