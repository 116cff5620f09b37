import { Command } from 'commander';
import { readConfig } from '../config.js';
import { OperatorError } from '../operator-error.js';
import { feed, isFault } from '../registry/feed/feed.js';
import { administer } from './administer.js';
import { writeOutput } from './output.js';

/** `sppp export`: the objects that an organization may see, as lines of JSON (docs/feeds.md). */
export function exportCommand(): Command {
  return new Command('export')
    .requiredOption('--asker <orgId>', 'organization that may see the objects')
    .option('--since <cursor>', 'the cursor at the end of the last export; without it, all objects')
    .description('write the objects that an organization may see, or their changes, as lines of JSON')
    .action((question: { asker: string; since?: string }) =>
      administer(readConfig(process.env), async (_prisma, pool) => {
        for await (const item of feed(pool, question)) {
          if (isFault(item)) throw new OperatorError(item.reason);
          if (!(await writeOutput(item))) return;
        }
      }),
    );
}
