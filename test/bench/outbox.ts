import { setTimeout as delay } from 'node:timers/promises';
import type { Figure } from './figure.js';
import { takeTurns } from './rounds.js';
import { ratioOf, spreadOf } from './spread.js';
import type { Registry } from './stand.js';

/** A trigger that writes the outbox, by its table and its name. */
export interface Cause {
  readonly table: 'public_identifier' | 'sed_group_offer';
  readonly trigger: 'events_insert' | 'events_update';
}

/** What the same work took with a cause and without it. */
export interface Sides {
  readonly on: readonly number[];
  readonly off: readonly number[];
}

/**
 * Takes something with a cause and without it. Each side begins with an empty outbox.
 *
 * @param least events that each round causes at least
 */
export function withAndWithoutEvents(
  registry: Registry,
  { table, trigger }: Cause,
  least: number,
  rounds: number,
  work: () => Promise<number>,
): Promise<Sides> {
  const { db } = registry;
  return takeTurns(rounds, {
    on: async () => {
      await db.query(`ALTER TABLE sppp.${table} ENABLE TRIGGER ${trigger}`);
      const before = await published(registry);
      const time = await work();
      const told = (await published(registry)) - before;
      if (told < least) throw new Error(`${told} events instead of ${least}`);
      return time;
    },
    off: async () => {
      await db.query(`ALTER TABLE sppp.${table} DISABLE TRIGGER ${trigger}`);
      return work();
    },
  });
}

/** How many events are published, once all are. */
export async function published({ db }: Registry): Promise<number> {
  for (;;) {
    const { rows } = await db.query<{ published: string; waits: boolean }>(
      'SELECT published, EXISTS (SELECT FROM sppp.event_outbox) AS waits FROM sppp.event_horizon',
    );
    const [row] = rows;
    if (row?.waits === false) return Number(row.published);
    await delay(50);
  }
}

/** The figure of both sides. */
export function figureOfEvents(measure: string, name: string, { on, off }: Sides, must: number): Figure {
  return {
    measure,
    name: `${name} ÷ without events`,
    sides: [
      { name: 'with events', unit: 's', spread: spreadOf(on) },
      { name: 'without', unit: 's', spread: spreadOf(off) },
    ],
    ratio: ratioOf(on, off),
    reach: { of: 'ratio', most: { must, aim: 1.1 } },
  };
}
