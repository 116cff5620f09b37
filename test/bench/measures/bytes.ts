import { numberBytes } from '../../support/number-bytes.js';
import { expectCode } from '../carrier.js';
import type { Figure } from '../figure.js';
import { count, type Measure } from '../measure.js';
import { request, tn } from '../messages.js';
import { groupName } from '../numbers.js';
import { spreadOf } from '../spread.js';

/** Numbers of one request. */
const REQUEST = 100_000;

/** What a number takes on disk: with its membership in one destination group, all indexes and maps. */
export const bytes: Measure = {
  name: 'bytes',
  what: 'bytes on disk for one number in one destination group, written as E.164 has it: in order and in no order',
  async take(stand, options) {
    const size = options.quick ? 20_000 : 1_000_000;
    const figures: Figure[] = [];
    for (const [order, stride] of [
      ['in order', 1],
      ['in no order', 7919], // prime to the sizes: every number comes once, far from the one before
    ] as const) {
      const registry = await stand.registry(0);
      const served = await registry.serve();
      for (let start = 0; start < size; start += REQUEST) {
        const ranks = Array.from({ length: Math.min(REQUEST, size) }, (_, nth) => ((start + nth) * stride) % size);
        const numbers = ranks.map((rank) => tn(`+${12_000_000_000 + rank}`, groupName(0)));
        expectCode(await served.carrier.post(request('Add', numbers)));
      }
      const { rows, indexes, maps } = await numberBytes(registry.db);
      await registry.drop();
      figures.push({
        measure: 'bytes',
        name: `bytes a number, ${count(size)} in one group, sent ${order}`,
        sides: [
          ['all', rows + indexes + maps] as const,
          ['rows', rows] as const,
          ['indexes', indexes] as const,
          ['maps', maps] as const,
        ].map(([name, all]) => ({ name, unit: 'B' as const, spread: spreadOf([all / size]) })),
        reach: { of: 'side', most: { must: 250, aim: 200 } },
      });
    }
    return figures;
  },
};
