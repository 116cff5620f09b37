import { expectCode } from '../carrier.js';
import type { Figure } from '../figure.js';
import { count, type Measure, roundsOf } from '../measure.js';
import { request, streamedRequest, tn } from '../messages.js';
import { freshNumber, groupName, singleNumber } from '../numbers.js';
import { seconds, takeTurns } from '../rounds.js';
import { ratioOf, spreadOf } from '../spread.js';

/** What a request of any size may take here. */
const LIMITS = {
  SPPP_MAX_OBJECTS: '10000000',
  SPPP_MAX_BODY_BYTES: '4000000000',
  SPPP_MAX_INFLATED_BYTES: '4000000000',
  SPPP_REQUEST_TIMEOUT: '3600000',
};

/** The most memory that a fresh server takes for one Add of so many numbers, sent while they are made. */
export const memory: Measure = {
  name: 'memory',
  what: 'peak memory of the server for one Add of 1,000, 100,000 and 1,000,000 numbers',
  async take(stand, options) {
    const sizes = options.quick ? [100, 1_000, 10_000] : [1_000, 100_000, 1_000_000];
    const registry = await stand.registry(0);
    const times: number[][] = sizes.map(() => []);
    const side = (size: number, which: number) => async () => {
      const served = await registry.serve(LIMITS);
      expectCode(await served.carrier.post(request('Add', [tn(singleNumber(1), groupName(1))])));
      await served.child.resetPeak();
      const body = streamedRequest('Add', numbers(size));
      times[which]?.push(await seconds(async () => expectCode(await served.carrier.post(body))));
      const peak = await served.child.peak();
      await served.stop();
      await registry.reset();
      return (peak ?? Number.NaN) / 2 ** 20;
    };
    const sides = Object.fromEntries(sizes.map((size, which) => [String(size), side(size, which)]));
    const peaks = await takeTurns(roundsOf(options, 3), sides, { warmUp: false });
    await registry.drop();
    const least = peaks[String(sizes[0])] ?? [];
    if (least.some(Number.isNaN)) {
      process.stderr.write('  there is no /proc here: the memory of another process cannot be read\n');
      return [];
    }
    return sizes.slice(1).map((size, place): Figure => {
      const most = peaks[String(size)] ?? [];
      return {
        measure: 'memory',
        name: `peak memory for ${count(size)} ÷ for ${count(sizes[0] ?? 0)} in one request`,
        sides: [
          { name: count(size), unit: 'MB', spread: spreadOf(most) },
          { name: count(sizes[0] ?? 0), unit: 'MB', spread: spreadOf(least) },
          { name: 'objects', unit: '/s', spread: spreadOf((times[place + 1] ?? []).map((time) => size / time)) },
        ],
        ratio: ratioOf(most, least),
        ...(place === sizes.length - 2 ? { reach: { of: 'ratio', most: { must: 2, aim: 1.3 } } } : {}),
      };
    });
  },
};

function* numbers(size: number): Generator<string> {
  for (let rank = 0; rank < size; rank++) yield tn(freshNumber(rank), groupName(rank));
}
