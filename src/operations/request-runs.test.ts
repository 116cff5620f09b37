import { describe, expect, it } from 'vitest';
import type { Item } from '../sppp/message.js';
import { RequestRuns } from './request-runs.js';
import { MAX_RUN } from './runs.js';

function runOf(from: number, count: number): Item[] {
  return Array.from({ length: count }, (_, n) => ({
    index: from + n,
    verb: 'add' as const,
    subject: { kind: 'DestGrpType' as const, rant: 'iana-en:222', rar: 'iana-en:223', dgName: `DG_${from + n}` },
  }));
}

/** Runs that come one after the other, when they are asked for; how many were. */
function coming(...runs: Item[][]) {
  const state = { asked: 0 };
  async function* all() {
    for (const run of runs) {
      state.asked += 1;
      await new Promise((resolve) => setImmediate(resolve));
      yield run;
    }
  }
  return { state, runs: new RequestRuns(all()) };
}

async function firsts(runs: RequestRuns, most = Number.POSITIVE_INFINITY): Promise<number[]> {
  const seen: number[] = [];
  for await (const [first] of runs.fromStart()) {
    seen.push(first?.index ?? -1);
    if (seen.length === most) break;
  }
  return seen;
}

describe('the runs of a request', () => {
  it('are read on demand, and one ahead of the run in work', async () => {
    const { state, runs } = coming(runOf(0, 3), runOf(3, 3), runOf(6, 3), runOf(9, 3));
    await runs.readAhead(4);
    expect({ asked: state.asked, isWhole: runs.isWhole }).toEqual({ asked: 2, isWhole: false });
    expect(await firsts(runs, 2)).toEqual([0, 3]);
    expect(state.asked).toBe(3);
  });

  it('come from the start again, also if one was being read when the work failed', async () => {
    const { runs } = coming(runOf(0, 3), runOf(3, 3), runOf(6, 3));
    for (let most = 1; most < 4; most++) expect(await firsts(runs, most)).toEqual([0, 3, 6].slice(0, most));
    expect(await firsts(runs)).toEqual([0, 3, 6]);
    expect({ isWhole: runs.isWhole, hasBeginning: runs.hasBeginning }).toEqual({ isWhole: true, hasBeginning: true });
  });

  it('are not stored beyond the size of one run, but all come once', async () => {
    const { runs } = coming(runOf(0, 10), runOf(10, MAX_RUN), runOf(10 + MAX_RUN, 5), runOf(20 + MAX_RUN, 5));
    expect(await firsts(runs)).toEqual([0, 10, 10 + MAX_RUN, 20 + MAX_RUN]);
    expect(runs.hasBeginning).toBe(false);
  });

  it('report whether one run is the whole request', async () => {
    const one = runOf(0, 2);
    const { runs } = coming(one);
    expect(runs.only).toBeUndefined();
    await runs.readAhead(10);
    expect(runs.only).toBe(one);
    const { runs: two } = coming(one, runOf(2, 2));
    await two.readAhead(10);
    expect(two.only).toBeUndefined();
  });

  it('count a heavy item as several', async () => {
    const heavy = runOf(0, 2).map((item) => ({ ...item, weight: MAX_RUN }));
    const { runs, state } = coming(heavy, runOf(2, 1), runOf(3, 1));
    await runs.readAhead(10);
    expect(state.asked).toBe(1);
    await runs.readAhead(2 * MAX_RUN + 1);
    expect(runs.hasBeginning).toBe(false);
  });

  it('throw the error of the reader, each time', async () => {
    const broken = new Error('the body broke off');
    async function* all() {
      yield runOf(0, 1);
      throw broken;
    }
    const runs = new RequestRuns(all());
    await expect(firsts(runs)).rejects.toBe(broken);
    await expect(firsts(runs)).rejects.toBe(broken);
    await expect(runs.readAhead(5)).rejects.toBe(broken);
  });
});
