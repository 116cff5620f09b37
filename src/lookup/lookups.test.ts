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
      answers.push(() => resolve({ rows: [{ routeKeys: [], bySource: [], records: [], age: 0 }] }));
    });
  const pool = { connect: async () => ({ query, release: () => undefined }), end: async () => undefined };
  const pools = { quick: pool as unknown as Pool, slow: pool as unknown as Pool };
  return new Lookups(pools, { connections: 2, maxAge: 60_000, caches: { answerBytes: 0, numberBytes: 0 } });
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

/** Look-ups whose statements end as they are told to. */
function failingWith(...errors: (Error | 'old' | undefined)[]) {
  const released: unknown[] = [];
  const query = async () => {
    const error = errors.shift();
    if (error instanceof Error) throw error;
    return { rows: [{ routeKeys: [], bySource: [], records: [], age: error === 'old' ? 61 : 0 }] };
  };
  const release = (isBroken: unknown) => released.push(isBroken);
  const pool = { connect: async () => ({ query, release }), query, end: async () => undefined } as unknown as Pool;
  const lookups = new Lookups(
    { quick: pool, slow: pool },
    { connections: 2, maxAge: 60_000, caches: { answerBytes: 0, numberBytes: 0 } },
  );
  return { lookups, released };
}

const conflict = () => Object.assign(new Error('canceling statement due to conflict with recovery'), { code: '40001' });
const ask = (lookups: Lookups) => lookups.ask({ identifier: '+1', asker: 'a' });

it('asks once more, on another connection, where a standby has cancelled a statement', async () => {
  const { lookups, released } = failingWith(conflict());
  expect((await ask(lookups)).answer.seds).toEqual([]);
  expect(released).toEqual([true]);
});

it('asks once more where the statement was to be prepared by the one before it, which took too long', async () => {
  const unprepared = Object.assign(new Error('prepared statement "answers" does not exist'), { code: '26000' });
  const { lookups, released } = failingWith(unprepared);
  expect((await ask(lookups)).answer.seds).toEqual([]);
  expect(released).toEqual([true]);
});

it('gives up where that happens twice', async () => {
  const { lookups } = failingWith(conflict(), conflict());
  await expect(ask(lookups)).rejects.toMatchObject({ code: '40001' });
});

it('asks no second time after another failure', async () => {
  const { lookups } = failingWith(new Error('broken'), undefined);
  await expect(ask(lookups)).rejects.toThrow('broken');
});

it('asks again while connections lead to data that are too old, once for each, and gives each of them up', async () => {
  const { lookups, released } = failingWith('old', 'old');
  expect((await ask(lookups)).answer.seds).toEqual([]);
  expect(released).toEqual([true, true]);
  const older = failingWith('old', 'old', 'old');
  await expect(ask(older.lookups)).rejects.toThrow('61 s old');
});
