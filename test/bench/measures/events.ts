import { setTimeout as delay } from 'node:timers/promises';
import { expectCode } from '../carrier.js';
import type { Figure } from '../figure.js';
import { bulkOf, count, type Measure, presentOf, roundsOf } from '../measure.js';
import { acceptance, NEIGHBOUR, offer, request, sedGrp } from '../messages.js';
import { load, prepareLoad } from '../numbers.js';
import type { Options } from '../options.js';
import { seconds, takeTurns } from '../rounds.js';
import { ratioOf, spreadOf } from '../spread.js';
import type { Registry, Served } from '../stand.js';
import { addOf, expectThere } from './bulk-add.js';

/** Requests of which each object is an event for somebody, against the same without the triggers that write the outbox. */
export const events: Measure = {
  name: 'events',
  what: 'requests that cause an event for each object ÷ without events',
  async take(stand, options) {
    const registry = await stand.registry(presentOf(options));
    const served = await registry.serve();
    const figures = [await replacedByAnother(registry, served, options), await accepted(registry, served, options)];
    await registry.drop();
    return figures;
  },
};

/** Numbers that another registrar has written. */
async function replacedByAnother(registry: Registry, { carrier }: Served, options: Options): Promise<Figure> {
  const { db, ids } = registry;
  const size = bulkOf(options);
  const { rows } = await db.query<{ id: number }>('SELECT id FROM sppp.organization WHERE org_id = $1', [NEIGHBOUR]);
  const others = { ...ids, rar: rows[0]?.id ?? 0 };
  const replace = async () => {
    const block = registry.blocks.take(size);
    await load(db, await prepareLoad(db, block, others), others);
    await registry.settle();
    const time = await seconds(async () => expectCode(await carrier.post(addOf(block, 1))));
    await expectThere(registry, block);
    return time;
  };
  const sides = await beside(registry, 'public_identifier', size, roundsOf(options, 5), replace);
  return figureOf(`replace of ${count(size)} that another registrar wrote ÷ without events`, sides, 1.3);
}

/** Offers that are accepted by one request. */
async function accepted(registry: Registry, { carrier }: Served, options: Options): Promise<Figure> {
  const size = bulkOf(options) / 10;
  const names = Array.from({ length: size }, (_, index) => `EVENT_GRP_${index}`);
  const send = async (body: Buffer) => expectCode(await carrier.post(body));
  const accept = async () => {
    await send(
      request(
        'Batch',
        names.map((name) => sedGrp(name, [], [])),
      ),
    );
    await send(request('Batch', names.map(offer)));
    await published(registry);
    const time = await seconds(() => send(request('Batch', names.map(acceptance))));
    await registry.reset();
    return time;
  };
  const sides = await beside(registry, 'sed_group_offer', size, roundsOf(options, 5), accept);
  return figureOf(`accept of ${count(size)} offers ÷ without events`, sides, 1.5);
}

interface Sides {
  readonly on: readonly number[];
  readonly off: readonly number[];
}

/** Takes something with the triggers of a table and without them. Each side begins with an empty outbox. */
function beside(
  registry: Registry,
  table: string,
  size: number,
  rounds: number,
  work: () => Promise<number>,
): Promise<Sides> {
  const { db } = registry;
  return takeTurns(rounds, {
    on: async () => {
      await db.query(`ALTER TABLE sppp.${table} ENABLE TRIGGER events_update`);
      const before = await published(registry);
      const time = await work();
      const told = (await published(registry)) - before;
      if (told < size) throw new Error(`${told} events of ${size} objects`);
      return time;
    },
    off: async () => {
      await db.query(`ALTER TABLE sppp.${table} DISABLE TRIGGER events_update`);
      return work();
    },
  });
}

/** How many events are published, once all are. */
async function published({ db }: Registry): Promise<number> {
  for (;;) {
    const { rows } = await db.query<{ published: string; waits: boolean }>(
      'SELECT published, EXISTS (SELECT FROM sppp.event_outbox) AS waits FROM sppp.event_horizon',
    );
    const [row] = rows;
    if (row?.waits === false) return Number(row.published);
    await delay(50);
  }
}

function figureOf(name: string, { on, off }: Sides, must: number): Figure {
  return {
    measure: 'events',
    name,
    sides: [
      { name: 'with events', unit: 's', spread: spreadOf(on) },
      { name: 'without', unit: 's', spread: spreadOf(off) },
    ],
    ratio: ratioOf(on, off),
    reach: { of: 'ratio', most: { must, aim: 1.1 } },
  };
}
