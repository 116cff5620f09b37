import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { readConfig } from '../config.js';
import { AdministrationFault } from '../registry/administration.js';
import { applyFeed, FeedMisfit, readPosition } from '../registry/feed-apply.js';
import { administer } from './administer.js';
import { say } from './say.js';

/** `sppp follow`: a local data repository, which takes over what a feed tells (docs/feeds.md). */
export function followCommand(): Command {
  return new Command('follow')
    .option('--position <orgId>', 'print the cursor that the database is at, and nothing before its first snapshot')
    .description('apply a feed from standard input to a database that is there for it alone')
    .action(({ position }: { position?: string }) =>
      administer(readConfig(process.env), async (_prisma, pool) => {
        if (position !== undefined) {
          say((await readPosition(pool, position)) ?? '');
          return;
        }
        try {
          const { put, removed, cursor } = await applyFeed(pool, inputLines());
          say(`put ${put}, removed ${removed}, at ${cursor}`);
        } catch (error) {
          throw error instanceof FeedMisfit ? new AdministrationFault(error.message) : error;
        }
      }),
    );
}

/** Begun when the first line is asked for: lines that come before somebody listens would be lost. */
async function* inputLines(): AsyncGenerator<string> {
  yield* createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
}
