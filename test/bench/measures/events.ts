import { expectCode } from '../carrier.js';
import { bulkOf, count, type Measure, presentOf, roundsOf } from '../measure.js';
import { NEIGHBOUR } from '../messages.js';
import { load, prepareLoad } from '../numbers.js';
import { figureOfEvents, withAndWithoutEvents } from '../outbox.js';
import { seconds } from '../rounds.js';
import { addOf, expectThere } from './bulk-add.js';

/** Numbers that another registrar has written: each is an event for somebody. */
export const events: Measure = {
  name: 'events',
  what: 'a replace that causes an event for each number ÷ without events',
  async take(stand, options) {
    const registry = await stand.registry(presentOf(options));
    const { carrier } = await registry.serve();
    const { db, ids } = registry;
    const size = bulkOf(options);
    const { rows } = await db.query<{ id: number }>('SELECT id FROM sppp.organization WHERE org_id = $1', [NEIGHBOUR]);
    const others = { ...ids, rar: rows[0]?.id ?? 0 };
    const cause = { table: 'public_identifier', trigger: 'events_update' } as const;
    const sides = await withAndWithoutEvents(registry, cause, size, roundsOf(options, 5), async () => {
      const block = registry.blocks.take(size);
      await load(db, await prepareLoad(db, block, others), others);
      await registry.settle();
      const time = await seconds(async () => expectCode(await carrier.post(addOf(block, 1))));
      await expectThere(registry, block);
      return time;
    });
    await registry.drop();
    return [figureOfEvents('events', `replace of ${count(size)} that another registrar wrote`, sides, 1.3)];
  },
};
