import { expectCode } from '../carrier.js';
import type { Figure } from '../figure.js';
import { count, type Measure, presentOf, roundsOf, sizesOf } from '../measure.js';
import { request, tn } from '../messages.js';
import { type Block, groupName, inspect, load, prepareLoad } from '../numbers.js';
import { seconds, takeTurns } from '../rounds.js';
import { ratioOf, spreadOf } from '../spread.js';
import type { Registry } from '../stand.js';

/** New numbers by one Add, against loading the same rows into the same tables by COPY. */
export const bulkAdd: Measure = {
  name: 'bulk-add',
  what: 'one Add of many new numbers ÷ COPY of the same rows',
  async take(stand, options) {
    const registry = await stand.registry(presentOf(options));
    const served = await registry.serve();
    const figures: Figure[] = [];
    for (const size of sizesOf(options)) {
      const { add, copy } = await takeTurns(roundsOf(options, 7), {
        add: async () => {
          const block = registry.blocks.take(size);
          const body = addOf(block);
          const time = await seconds(async () => expectCode(await served.carrier.post(body)));
          await expectThere(registry, block);
          return time;
        },
        copy: async () => {
          const block = registry.blocks.take(size);
          const prepared = await prepareLoad(registry.db, block, registry.ids);
          const time = await seconds(() => load(registry.db, prepared, registry.ids));
          await expectThere(registry, block);
          return time;
        },
      });
      figures.push({
        measure: 'bulk-add',
        name: `bulk add of ${count(size)} ÷ COPY of the same rows`,
        sides: [
          { name: 'add', unit: 's', spread: spreadOf(add) },
          { name: 'COPY', unit: 's', spread: spreadOf(copy) },
        ],
        ratio: ratioOf(add, copy),
        ...(size === sizesOf(options).at(-1) ? { reach: { of: 'ratio', most: { must: 2, aim: 1.2 } } } : {}),
      });
    }
    await registry.drop();
    return figures;
  },
};

/** Each number in one destination group, `shift` groups away from where it would be loaded. */
export function addOf({ numbers }: Block, shift = 0): Buffer {
  return request(
    'Add',
    numbers.map((number, index) => tn(number, groupName(index + shift))),
  );
}

const looks = new WeakMap<Registry, string>();

/** Both sides must leave the same rows: all of the block, in one shape, the same on both sides. Then they go again. */
export async function expectThere(registry: Registry, block: Block): Promise<void> {
  const { there, looks: seen } = await inspect(registry.db, block);
  const [look = ''] = seen;
  const before = looks.get(registry) ?? look;
  looks.set(registry, before);
  if (there !== block.numbers.length || seen.length !== 1 || look !== before) {
    throw new Error(
      `${there} of ${block.numbers.length} rows, looking like ${seen.join(' / ')}, before like ${before}`,
    );
  }
  await registry.reset();
}
