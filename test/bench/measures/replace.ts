import { expectCode } from '../carrier.js';
import { bulkOf, count, type Measure, presentOf, roundsOf } from '../measure.js';
import { load, prepareLoad } from '../numbers.js';
import { seconds, takeTurns } from '../rounds.js';
import { ratioOf, spreadOf } from '../spread.js';
import { addOf, expectThere } from './bulk-add.js';

/** Numbers that are all there already, moved to another group, against as many new ones. */
export const replace: Measure = {
  name: 'replace',
  what: 'one Add of many numbers that are all there ÷ of as many new ones',
  async take(stand, options) {
    const registry = await stand.registry(presentOf(options));
    const served = await registry.serve();
    const { db, ids } = registry;
    const size = bulkOf(options);
    const sent = (body: Buffer) => seconds(async () => expectCode(await served.carrier.post(body)));
    const { again, fresh } = await takeTurns(roundsOf(options, 5), {
      again: async () => {
        const block = registry.blocks.take(size);
        await load(db, await prepareLoad(db, block, ids), ids);
        await registry.settle();
        const time = await sent(addOf(block, 1));
        await expectThere(registry, block);
        return time;
      },
      fresh: async () => {
        const block = registry.blocks.take(size);
        const time = await sent(addOf(block));
        await expectThere(registry, block);
        return time;
      },
    });
    await registry.drop();
    return [
      {
        measure: 'replace',
        name: `replace of ${count(size)} ÷ add of as many new ones`,
        sides: [
          { name: 'replace', unit: 's', spread: spreadOf(again) },
          { name: 'add', unit: 's', spread: spreadOf(fresh) },
        ],
        ratio: ratioOf(again, fresh),
      },
    ];
  },
};
