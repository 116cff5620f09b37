import { expectCode } from '../carrier.js';
import { bulkOf, count, type Measure, presentOf, roundsOf } from '../measure.js';
import { request, tn } from '../messages.js';
import { groupName, singleNumber } from '../numbers.js';
import { takeTurns } from '../rounds.js';
import { quantile, ratioOf, spreadOf } from '../spread.js';
import { addOf } from './bulk-add.js';
import { addsAtOnce } from './single-add.js';

/** One client that adds a number at a time, alone and while another one's large request is under way. */
export const interactive: Measure = {
  name: 'interactive',
  what: 'p99 of single adds during a bulk add',
  async take(stand, options) {
    const registry = await stand.registry(presentOf(options));
    const served = await registry.serve();
    const size = bulkOf(options);
    let rank = 0;
    const next = () => singleNumber(++rank);
    const worst: number[] = [];
    const { during, alone } = await takeTurns(roundsOf(options, 5), {
      during: async () => {
        const body = addOf(registry.blocks.take(size));
        const connection = await served.carrier.connect();
        const latencies: number[] = [];
        let isLoading = true;
        const loading = served.carrier.post(body).then((answer) => {
          isLoading = false;
          expectCode(answer);
        });
        while (isLoading) {
          const since = performance.now();
          expectCode(await served.carrier.post(request('Add', [tn(next(), groupName(rank))]), '/sppp', connection));
          latencies.push(performance.now() - since);
        }
        await loading;
        connection.close();
        await registry.reset();
        const ascending = latencies.sort((a, b) => a - b);
        worst.push(quantile(ascending, 1));
        return quantile(ascending, 0.99);
      },
      alone: async () => {
        const { latencies } = await addsAtOnce(served, 1, options.quick ? 0.5 : 2, next);
        await registry.reset();
        return quantile(
          latencies.sort((a, b) => a - b),
          0.99,
        );
      },
    });
    await registry.drop();
    return [
      {
        measure: 'interactive',
        name: `p99 of single adds during a bulk add of ${count(size)} ÷ alone`,
        sides: [
          { name: 'during', unit: 'ms', spread: spreadOf(during) },
          { name: 'alone', unit: 'ms', spread: spreadOf(alone) },
          { name: 'worst', unit: 'ms', spread: spreadOf(worst.slice(1)) },
        ],
        ratio: ratioOf(during, alone),
        reach: { of: 'side', most: { must: 250 } },
      },
    ];
  },
};
