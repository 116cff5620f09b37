import type { Pool } from 'pg';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Lookups } from './lookups.js';

/** Answers to statements in progress. */
let answers: (() => void)[];

beforeEach(() => {
  answers = [];
  // A statement that takes long by the clock would be left alone.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => vi.useRealTimers());

function openLookups(): Lookups {
  const query = () =>
    new Promise((resolve) => {
      answers.push(() => resolve({ rows: [{ routeKeys: [], bySource: [], records: [] }] }));
    });
  const pool = { connect: async () => ({ query, release: () => undefined }), end: async () => undefined };
  const pools = { quick: pool as unknown as Pool, slow: pool as unknown as Pool };
  return new Lookups(pools, { answerBytes: 0, numberBytes: 0 });
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const turns = async () => {
  for (let n = 0; n < 5; n++) await turn();
};

it('sends a single question at once, also behind another one; many wait until they are as many as those under way', async () => {
  const lookups = openLookups();
  const asked: Promise<unknown>[] = [];
  const ask = async (count: number) => {
    for (let n = 0; n < count; n++) asked.push(lookups.ask({ identifier: '+1', asker: 'a' }));
    await turns();
    return lookups.counts.statements;
  };
  expect(await ask(1)).toBe(1);
  expect(await ask(1)).toBe(2);
  expect(await ask(10)).toBe(2); // Two are under way.
  answers.shift()?.();
  await turns();
  expect(lookups.counts.statements).toBe(3);
  answers.shift()?.();
  expect(await ask(4)).toBe(3);
  expect(await ask(5)).toBe(3);
  expect(await ask(1)).toBe(4);
  for (let answer = answers.shift(); answer !== undefined; answer = answers.shift()) {
    answer();
    await turns();
  }
  await Promise.all(asked);
  expect(lookups.counts).toEqual({ questions: 22, statements: 4 });
});
