import { expect, it } from 'vitest';
import type { RequestUnderWay } from '../registry/journal/requests-under-way.js';
import { RequestsUnderWay } from './requests-under-way.js';

/** Writes down what is told. */
function listener() {
  const told: { running: readonly RequestUnderWay[]; ended: readonly string[] }[] = [];
  const state = { isAway: false };
  const requests = new RequestsUnderWay(async (running, ended) => {
    if (state.isAway) throw new Error('away');
    told.push({ running, ended });
  });
  return { told, requests, state };
}

/** A request that came so many milliseconds ago. */
const begun = (milliseconds: number) => ({
  ...{ registrarId: 1, mode: 'atomic', receivedAt: new Date(0), progress: {} },
  since: performance.now() - milliseconds,
});

it('requests that end soon are not told of', async () => {
  const { told, requests } = listener();
  const ended = requests.begin('short', begun(0));
  await requests.tell();
  ended();
  await requests.tell();
  expect(told).toEqual([]);
});

it('long ones are told of until they have ended, and then once more', async () => {
  const { told, requests } = listener();
  const ended = requests.begin('long', begun(5000));
  await requests.tell();
  ended();
  await requests.tell();
  await requests.tell();
  expect(told.map(({ running, ended }) => [running.map(({ serverTransId }) => serverTransId), ended])).toEqual([
    [['long'], []],
    [[], ['long']],
  ]);
  expect(told[0]?.running[0]).toMatchObject({ registrarId: 1, objects: 0, operation: undefined });
  expect(told[0]?.running[0]?.milliseconds).toBeGreaterThanOrEqual(5000);
});

it('what could not be told is told later, and of failures in a row the first one alone is heard of', async () => {
  const { told, requests, state } = listener();
  const ended = requests.begin('long', begun(5000));
  await requests.tell();
  ended();
  state.isAway = true;
  await expect(requests.tell()).rejects.toThrow('away');
  await requests.tell();
  state.isAway = false;
  await requests.tell();
  expect(told.at(-1)).toEqual({ running: [], ended: ['long'] });
  requests.begin('another', begun(5000));
  state.isAway = true;
  await expect(requests.tell()).rejects.toThrow('away');
});
