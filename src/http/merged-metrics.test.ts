import { expect, it } from 'vitest';
import { MergedMetrics } from './merged-metrics.js';
import { Metrics, type MetricValues } from './metrics.js';

const request = {
  ...({ registrarId: 1, mode: 'atomic', code: 1000, seconds: 0.01, objects: [], keptBytes: 0 } as const),
  ...{ codes: new Map<number, number>(), throttled: undefined },
};

it('adds up, says what is said once, and never counts down', async () => {
  const [first, second] = [new Metrics(), new Metrics()];
  const serving = new Map<object, Metrics | undefined>([
    [{}, first],
    [{}, second],
  ]);
  let replaced = 0;
  const merged = new MergedMetrics({
    get serving() {
      return serving.size;
    },
    get replaced() {
      return replaced;
    },
    metrics: () =>
      Promise.all(
        [...serving].map(
          async ([key, metrics]): Promise<readonly [object, MetricValues | undefined]> => [
            key,
            await metrics?.values(),
          ],
        ),
      ),
  });
  const seen = async () => {
    const text = await merged.text();
    const value = (name: string) => Number(new RegExp(`^${name}(?:\\{.*\\})? (.*)$`, 'm').exec(text)?.[1]);
    return [value('sppp_workers'), value('sppp_requests_total'), value('sppp_request_duration_seconds_count')];
  };
  first.answered({ ...request, operation: 'a' });
  second.answered({ ...request, operation: 'a' });
  second.answered({ ...request, operation: 'a' });
  expect(await seen()).toEqual([2, 3, 3]);

  // One does not answer: what it said last holds.
  const [key = {}] = serving.keys();
  serving.set(key, undefined);
  expect(await seen()).toEqual([2, 3, 3]);

  // It has died, and another one takes its place.
  serving.delete(key);
  const third = new Metrics();
  serving.set({}, third);
  replaced = 1;
  third.answered({ ...request, operation: 'a' });
  expect(await seen()).toEqual([2, 4, 4]);
  expect(await seen()).toEqual([2, 4, 4]);
  expect(await merged.text()).toMatch(/^sppp_workers_replaced_total 1$/m);
  expect(await merged.text()).toMatch(/^process_start_time_seconds \d+/m);
});
