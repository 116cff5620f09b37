import { expect, it } from 'vitest';
import type { AccountedRequest } from '../intake/accounts.js';
import type { ActivityCount } from '../registry/journal/activity.js';
import { Activity } from './activity.js';

function counter() {
  const written: ActivityCount[] = [];
  const state = { now: 60_000, isAway: false };
  const activity = new Activity(
    () => state.now,
    async (counts) => {
      if (state.isAway) throw new Error('away');
      written.push(...counts);
    },
  );
  /** What was written, each count as a line. */
  const lines = async () => {
    await activity.flush();
    return written
      .splice(0)
      .map(({ at, registrarId, what, outcome, milliseconds, number }) =>
        [at.getTime(), registrarId, what, outcome, milliseconds, number].join(' '),
      );
  };
  return { activity, state, lines };
}

const request: AccountedRequest = {
  ...{ registrarId: 7, operation: 'submitAddRqst', mode: 'partial', code: 2100, seconds: 0.003, keptBytes: 0 },
  objects: [
    { verb: 'add', noun: 'PubId', outcome: 'failed', objects: 3 },
    { verb: 'add', noun: 'PubId', outcome: 'done', objects: 5 },
  ],
  codes: new Map([
    [2101, 2],
    [2103, 1],
  ]),
  throttled: undefined,
};

it('a request is counted by its code and its time, its objects by their verdicts', async () => {
  const { activity, lines } = counter();
  activity.answered(request);
  activity.answered({ ...request, seconds: 0.0041, objects: [], codes: new Map() });
  expect(await lines()).toEqual([
    '60000 7 request 2100 4 1',
    '60000 7 object done 0 5',
    '60000 7 object 2101 0 2',
    '60000 7 object 2103 0 1',
    '60000 7 request 2100 8 1',
  ]);
});

it('one that is throttled is also among what was refused', async () => {
  const { activity, lines } = counter();
  activity.answered({ ...request, code: 2300, throttled: 'objects', objects: [], codes: new Map() });
  expect(await lines()).toEqual(['60000 7 request 2300 4 1', '60000 7 refusal 2300 objects 0 1']);
});

it('one without an answer, and one that was answered without SPPP, are counted as such', async () => {
  const { activity, lines } = counter();
  const nothing = { ...request, objects: [], codes: new Map<number, number>() };
  activity.answered({ ...nothing, code: undefined, seconds: 0 });
  activity.answered({ ...nothing, code: 400, seconds: 1e9 });
  expect(await lines()).toEqual(['60000 7 request none 1 1', '60000 7 request HTTP 400 4194304 1']);
});

it('look-ups and refusals are counted minute by minute', async () => {
  const { activity, state, lines } = counter();
  activity.lookedUp(7, 'found');
  activity.lookedUp(7, 'found');
  state.now += 59_999;
  activity.refused(401, { reason: 'wrong' });
  state.now += 1;
  activity.refused(429, { reason: 'tooMany', registrar: { id: 7, orgId: 'iana-en:1' } });
  expect(await lines()).toEqual([
    '60000 7 lookup found 0 2',
    '60000 0 refusal 401 wrong 0 1',
    '120000 7 refusal 429 tooMany 0 1',
  ]);
});

it('counts that could not be written are written with the next ones', async () => {
  const { activity, state, lines } = counter();
  activity.lookedUp(7, 'found');
  state.isAway = true;
  await expect(activity.flush()).rejects.toThrow('away');
  activity.lookedUp(7, 'found');
  state.isAway = false;
  expect(await lines()).toEqual(['60000 7 lookup found 0 2']);
  expect(await lines()).toEqual([]);
});
