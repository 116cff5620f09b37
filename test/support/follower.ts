import type { Pool } from 'pg';
import { openDatabase } from '../../src/registry/connection/database.js';
import { type Applied, applyFeed, readPosition } from '../../src/registry/feed/apply.js';
import { feed, isFault } from '../../src/registry/feed/feed.js';
import { createDatabase } from './database.js';

/** A carrier's own database, which follows the feed of an organization. */
export interface Follower {
  readonly asker: string;
  readonly pool: Pool;
  /** One pull from its cursor; `cut` ends the feed after so many lines, like a broken connection. */
  pull(cut?: number): Promise<Applied>;
  /** One pull from another database of the registry. */
  pullFrom(registry: Pool): Promise<Applied>;
  /** The lines that a pull would return. */
  peek(): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export async function follow(registry: Pool, asker: string): Promise<Follower> {
  const own = await createDatabase();
  const database = await openDatabase(own.url, { durable: false, maxConnections: 2 });
  const linesOf = async (source: Pool) => feedLines(source, asker, await readPosition(database.pool, asker));
  const lines = () => linesOf(registry);
  return {
    asker,
    pool: database.pool,
    pull: async (cut = Number.POSITIVE_INFINITY) => applyFeed(database.pool, first(await lines(), cut)),
    pullFrom: async (source) => applyFeed(database.pool, await linesOf(source)),
    peek: async () => {
      const all: Record<string, unknown>[] = [];
      for await (const line of await lines()) all.push(JSON.parse(line));
      return all;
    },
    close: async () => {
      await database.close();
      await own.drop();
    },
  };
}

/** The lines of a feed, one by one. */
export async function* feedLines(registry: Pool, asker: string, since: string | undefined): AsyncGenerator<string> {
  for await (const item of feed(registry, { asker, since })) {
    if (isFault(item)) throw new Error(item.reason);
    yield* item.split('\n').filter((line) => line !== '');
  }
}

async function* first(lines: AsyncIterable<string>, count: number): AsyncGenerator<string> {
  let left = count;
  for await (const line of lines) {
    if (left-- <= 0) return;
    yield line;
  }
}
