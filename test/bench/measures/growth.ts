import { expectCode } from '../carrier.js';
import type { Figure } from '../figure.js';
import { bulkOf, count, type Measure, roundsOf } from '../measure.js';
import { load, prepareLoad } from '../numbers.js';
import { seconds, takeTurns } from '../rounds.js';
import { ratioOf, spreadOf } from '../spread.js';
import type { Registry, Served } from '../stand.js';
import { addOf } from './bulk-add.js';
import { getNumbers } from './get.js';

const GETS = 20;

/** The same bulk add and the same get in registries of different sizes, side by side. */
export const growth: Measure = {
  name: 'growth',
  what: 'bulk add and get with 1 million numbers (--full: and 10 million) in the registry ÷ with none',
  async take(stand, options) {
    const levels = options.quick ? [0, 20_000] : options.full ? [0, 1_000_000, 10_000_000] : [0, 1_000_000];
    const size = bulkOf(options);
    const keys = Math.min(1_000, size);
    const places: { level: number; registry: Registry; served: Served }[] = [];
    for (const level of levels) {
      process.stderr.write(`  ${count(level)} numbers …\n`);
      const registry = await stand.registry(level);
      places.push({ level, registry, served: await registry.serve() });
    }
    const copies: number[][] = levels.map(() => []);
    const gets: number[][] = levels.map(() => []);
    const sides = Object.fromEntries(
      places.map(({ level, registry, served }, place) => [
        String(level),
        async () => {
          const prepared = await prepareLoad(registry.db, registry.blocks.take(size), registry.ids);
          copies[place]?.push(await seconds(() => load(registry.db, prepared, registry.ids)));
          await registry.reset();
          const body = addOf(registry.blocks.take(size));
          const time = await seconds(async () => expectCode(await served.carrier.post(body)));
          await registry.reset();
          if (level > 0) {
            const all = await seconds(async () => {
              for (let each = 0; each < GETS; each++) await getNumbers(served, level, keys);
            });
            gets[place]?.push((all / GETS) * 1000);
          }
          return time;
        },
      ]),
    );
    const adds = await takeTurns(roundsOf(options, 5), sides);
    for (const { registry } of places) await registry.drop();

    const figures: Figure[] = [];
    const none = adds['0'] ?? [];
    const [, ...copiedToNone] = copies[0] ?? [];
    levels.forEach((level, place) => {
      if (place === 0) return;
      const some = adds[String(level)] ?? [];
      const [, ...copied] = copies[place] ?? [];
      figures.push({
        measure: 'growth',
        name: `bulk add of ${count(size)} with ${count(level)} there ÷ with none`,
        sides: [
          { name: count(level), unit: 's', spread: spreadOf(some) },
          { name: '0', unit: 's', spread: spreadOf(none) },
        ],
        ratio: ratioOf(some, none),
        ...(level === 10_000_000 ? { reach: { of: 'ratio', most: { must: 2, aim: 1.3 } } } : {}),
      });
      figures.push({
        measure: 'growth',
        name: `COPY of the same rows with ${count(level)} there ÷ with none`,
        sides: [
          { name: count(level), unit: 's', spread: spreadOf(copied) },
          { name: '0', unit: 's', spread: spreadOf(copiedToNone) },
        ],
        ratio: ratioOf(copied, copiedToNone),
      });
    });
    const [, ...ownLeast] = gets[1] ?? [];
    levels.slice(1).forEach((level, place) => {
      const [, ...own] = gets[place + 1] ?? [];
      if (own.length === 0) return;
      figures.push({
        measure: 'growth',
        name: `get of ${count(keys)} with ${count(level)} there${place === 0 ? '' : ` ÷ with ${count(levels[1] ?? 0)}`}`,
        sides: [{ name: 'get', unit: 'ms', spread: spreadOf(own) }],
        ...(place === 0 ? {} : { ratio: ratioOf(own, ownLeast) }),
      });
    });
    return figures;
  },
};
