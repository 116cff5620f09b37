import { codeOf } from '../carrier.js';
import { bulkOf, count, type Measure, presentOf, roundsOf } from '../measure.js';
import { request, tn } from '../messages.js';
import { groupName } from '../numbers.js';
import { seconds, takeTurns } from '../rounds.js';
import { ratioOf, spreadOf } from '../spread.js';

/** In partial mode: one object in a hundred is bad, in turn by its value and by what it refers to. */
export const partial: Measure = {
  name: 'partial',
  what: 'a partial Add with 1 % bad objects ÷ one with none',
  async take(stand, options) {
    const registry = await stand.registry(presentOf(options));
    const served = await registry.serve();
    const size = bulkOf(options);
    const side = (isBad: (index: number) => boolean) => async () => {
      const block = registry.blocks.take(size);
      const bad = block.numbers.filter((_, index) => isBad(index)).length;
      const body = request(
        'Add',
        block.numbers.map((number, index) => {
          if (!isBad(index)) return tn(number, groupName(index));
          return index % 200 < 100 ? tn(number, 'NO_SUCH_GROUP') : tn(`${number}x`, groupName(index));
        }),
      );
      const time = await seconds(async () => {
        const answer = await served.carrier.post(body, '/sppp/partial');
        const details = answer.body.toString('latin1').split('<detailResult>').length - 1;
        const code = codeOf(answer);
        if (code !== (bad === 0 ? 1000 : 2100) || details !== bad) {
          throw new Error(`code ${code} with ${details} details, although ${bad} objects were bad`);
        }
      });
      await registry.reset();
      return time;
    };
    const { some, none } = await takeTurns(roundsOf(options, 7), {
      some: side((index) => index % 100 === 50),
      none: side(() => false),
    });
    await registry.drop();
    return [
      {
        measure: 'partial',
        name: `partial add of ${count(size)} with 1 % bad ÷ all good`,
        sides: [
          { name: '1 % bad', unit: 's', spread: spreadOf(some) },
          { name: 'all good', unit: 's', spread: spreadOf(none) },
        ],
        ratio: ratioOf(some, none),
        reach: { of: 'ratio', most: { must: 1.3, aim: 1.1 } },
      },
    ];
  },
};
