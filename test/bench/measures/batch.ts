import { expectCode } from '../carrier.js';
import { count, type Measure, presentOf, roundsOf } from '../measure.js';
import { acceptance, destGrp, offer, request, sedGrp, sedRec, tn, tnKey } from '../messages.js';
import { load, prepareLoad } from '../numbers.js';
import { seconds, takeTurns } from '../rounds.js';
import { ratioOf, spreadOf } from '../spread.js';
import { addOf } from './bulk-add.js';

const ADDED = 10;
const DELETED = 5;
const UNIT = 5 + ADDED + DELETED;

/**
 * Everything that a carrier does when it opens routes, in one Batch: a destination group, a record, an SED group, its
 * offer, the acceptance, numbers added and numbers deleted, over and over. In blocks of one kind, or unit by unit, where
 * every few items the kind changes: the worst that can be done to runs.
 */
export const batch: Measure = {
  name: 'batch',
  what: 'a Batch of adds, deletes, offers and acceptances ÷ an Add of as many numbers',
  async take(stand, options) {
    const registry = await stand.registry(presentOf(options));
    const served = await registry.serve();
    const { db, ids } = registry;
    const size = options.quick ? 1_000 : 10_000;
    const units = size / UNIT;
    let made = 0;

    /** Kind by kind, the items of each unit. */
    const items = (added: readonly string[], deleted: readonly string[]): string[][][] => {
      const names = Array.from({ length: units }, () => `BENCH_${++made}`);
      return [
        names.map((name) => [destGrp(name)]),
        names.map((name) => [sedRec(name)]),
        names.map((name) => [sedGrp(name, [name], [name])]),
        names.map((name) => [offer(name)]),
        names.map((name) => [acceptance(name)]),
        names.map((name, unit) =>
          added.slice(unit * ADDED, (unit + 1) * ADDED).map((number) => tn(number, name, 'addObj')),
        ),
        names.map((_, unit) =>
          deleted.slice(unit * DELETED, (unit + 1) * DELETED).map((number) => tnKey(number, 'delObj')),
        ),
      ];
    };
    const side = (order: (kinds: string[][][]) => string[]) => async () => {
      const deleted = registry.blocks.take(units * DELETED);
      await load(db, await prepareLoad(db, deleted, ids), ids);
      await registry.settle();
      const body = request('Batch', order(items(registry.blocks.take(units * ADDED).numbers, deleted.numbers)));
      const time = await seconds(async () => expectCode(await served.carrier.post(body)));
      await registry.reset();
      return size / time;
    };
    const { blocks, mixed, add } = await takeTurns(roundsOf(options, 3), {
      blocks: side((kinds) => kinds.flat(2)),
      mixed: side((kinds) =>
        Array.from({ length: units }, (_, unit) => kinds.flatMap((kind) => kind[unit] ?? [])).flat(),
      ),
      add: async () => {
        const body = addOf(registry.blocks.take(size));
        const time = await seconds(async () => expectCode(await served.carrier.post(body)));
        await registry.reset();
        return size / time;
      },
    });
    await registry.drop();
    const adds = { name: 'add', unit: '/s', spread: spreadOf(add) } as const;
    return [
      {
        measure: 'batch',
        name: `batch of ${count(size)}, kind by kind, objects/s ÷ add of numbers`,
        sides: [{ name: 'batch', unit: '/s', spread: spreadOf(blocks) }, adds],
        ratio: ratioOf(blocks, add),
      },
      {
        measure: 'batch',
        name: `batch of ${count(size)}, kinds mixed every ${UNIT} items, objects/s ÷ add of numbers`,
        sides: [{ name: 'batch', unit: '/s', spread: spreadOf(mixed) }, adds],
        ratio: ratioOf(mixed, add),
      },
    ];
  },
};
