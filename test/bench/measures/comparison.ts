import { expectCode } from '../carrier.js';
import type { Figure } from '../figure.js';
import { count, type Measure, presentOf, roundsOf } from '../measure.js';
import { seconds, takeTurns } from '../rounds.js';
import { ratioOf, spreadOf } from '../spread.js';
import type { Registry, Served } from '../stand.js';
import { addOf, expectThere } from './bulk-add.js';

/** The same request to a server as one would write it first, on the same tables of the same database. */
export const comparison: Measure = {
  name: 'comparison',
  what: 'the same bulk add through a straightforward server (soap and Prisma) ÷ through ours',
  async take(stand, options) {
    const registry = await stand.registry(presentOf(options));
    const ours = await registry.serve();
    const sets = await registry.serveWith('straightforward.js', ['sets']);
    const figures: Figure[] = [];
    for (const size of options.quick ? [500] : options.full ? [10_000, 100_000] : [10_000]) {
      // A hundred thousand statements one after the other say no more than ten thousand.
      const single = size > 10_000 ? undefined : await registry.serveWith('straightforward.js', ['single']);
      const seen = await takeTurns(roundsOf(options, size > 10_000 ? 2 : 3), {
        ours: () => timeOf(registry, ours, size),
        sets: () => timeOf(registry, sets, size),
        single: async () => (single === undefined ? Number.NaN : timeOf(registry, single, size)),
      });
      const own = { name: 'ours', unit: 's', spread: spreadOf(seen.ours) } as const;
      figures.push({
        measure: 'comparison',
        name: `bulk add of ${count(size)}: soap and Prisma createMany ÷ ours`,
        sides: [{ name: 'createMany', unit: 's', spread: spreadOf(seen.sets) }, own],
        ratio: ratioOf(seen.sets, seen.ours),
        reach: { of: 'ratio', least: { must: 10, aim: 30 } },
      });
      if (single === undefined) continue;
      figures.push({
        measure: 'comparison',
        name: `bulk add of ${count(size)}: soap and an upsert per object ÷ ours`,
        sides: [{ name: 'upserts', unit: 's', spread: spreadOf(seen.single) }, own],
        ratio: ratioOf(seen.single, seen.ours),
        reach: { of: 'ratio', least: { must: 10, aim: 30 } },
      });
      await single.stop();
    }
    await registry.drop();
    return figures;
  },
};

async function timeOf(registry: Registry, { carrier }: Served, size: number): Promise<number> {
  const block = registry.blocks.take(size);
  const body = addOf(block);
  const time = await seconds(async () => expectCode(await carrier.post(body)));
  await expectThere(registry, block);
  return time;
}
