import { expectCode } from '../carrier.js';
import type { Figure } from '../figure.js';
import { count, type Measure, presentOf, roundsOf, sizesOf } from '../measure.js';
import { request, tnKey } from '../messages.js';
import { type Block, inspect, load, prepareLoad } from '../numbers.js';
import { seconds, takeTurns } from '../rounds.js';
import { ratioOf, spreadOf } from '../spread.js';

/** Numbers by their keys, against one statement that deletes the same rows and what goes with them. */
export const bulkDelete: Measure = {
  name: 'bulk-delete',
  what: 'one Delete of many numbers ÷ one DELETE … USING of the same keys',
  async take(stand, options) {
    const registry = await stand.registry(presentOf(options));
    const served = await registry.serve();
    const { db, ids } = registry;
    const loaded = async (size: number): Promise<Block> => {
      const block = registry.blocks.take(size);
      await load(db, await prepareLoad(db, block, ids), ids);
      await registry.settle();
      return block;
    };
    const expectGone = async (block: Block) => {
      const { there } = await inspect(db, block);
      if (there !== 0) throw new Error(`${there} numbers are still there`);
      await registry.reset();
    };
    const figures: Figure[] = [];
    for (const size of sizesOf(options)) {
      const { request: ours, statement } = await takeTurns(roundsOf(options, 7), {
        request: async () => {
          const block = await loaded(size);
          const body = request(
            'Del',
            block.numbers.map((number) => tnKey(number)),
          );
          const time = await seconds(async () => expectCode(await served.carrier.post(body)));
          await expectGone(block);
          return time;
        },
        statement: async () => {
          const block = await loaded(size);
          const time = await seconds(() =>
            db.query(
              `DELETE FROM sppp.public_identifier p USING unnest($1::text[]) AS key(value)
                WHERE p.value = key.value AND p.kind = 'TN' AND p.rant_id = $2`,
              [block.literal, ids.rant],
            ),
          );
          await expectGone(block);
          return time;
        },
      });
      figures.push({
        measure: 'bulk-delete',
        name: `bulk delete of ${count(size)} ÷ DELETE … USING`,
        sides: [
          { name: 'delete', unit: 's', spread: spreadOf(ours) },
          { name: 'DELETE', unit: 's', spread: spreadOf(statement) },
        ],
        ratio: ratioOf(ours, statement),
        ...(size === sizesOf(options).at(-1) ? { reach: { of: 'ratio', most: { must: 2, aim: 1.2 } } } : {}),
      });
    }
    await registry.drop();
    return figures;
  },
};
