import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';

/** In milliseconds. */
export interface PublishingTimes {
  /** Between two looks at an outbox that was empty, or that another node empties. */
  readonly look: number;
  /** The same after a failure. */
  readonly failed: number;
}

const usual: PublishingTimes = { look: 150, failed: 3000 };

/** Events that are published by one transaction; a row of the outbox is published wholly. */
const BATCH_EVENTS = 5000;

/**
 * Publishes what the outbox has, until it is empty. One node at a time does: positions are without gaps, and an event has its
 * position for good once it can be read.
 *
 * @returns how many events
 */
export async function publishEvents(pool: Pool, isStopped: () => boolean = () => false): Promise<number> {
  for (let published = 0; ; ) {
    const { rows } = await pool.query<{ count: number | null }>({
      name: 'publish events',
      text: 'SELECT sppp.publish_events($1) AS count',
      values: [BATCH_EVENTS],
    });
    const count = rows[0]?.count ?? 0;
    published += count;
    if (count === 0 || isStopped()) return published;
  }
}

/**
 * Publishes events soon after the transactions that cause them. It looks instead of being notified: PostgreSQL lets
 * transactions that notify commit one after the other.
 *
 * @returns ends it, and waits for what is under way
 */
export function startPublishing(pool: Pool, onError: (error: unknown) => void, times = usual): () => Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  const pause = (milliseconds: number) => delay(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);
  const run = async () => {
    while (!signal.aborted) {
      try {
        await publishEvents(pool, () => signal.aborted);
        await pause(times.look);
      } catch (error) {
        if (!signal.aborted) onError(error);
        await pause(times.failed);
      }
    }
  };
  const running = run();
  return async () => {
    stop.abort();
    await running;
  };
}
