import { Command } from 'commander';
import { readConfig } from '../config.js';
import { AdministrationFault } from '../registry/access/administration.js';
import { feed, isFault } from '../registry/feed/feed.js';
import { administer } from './administer.js';
import { writeOutput } from './output.js';

/** `sppp export`: what an organization may see, as lines of JSON (docs/feeds.md). */
export function exportCommand(): Command {
  return new Command('export')
    .requiredOption('--asker <orgId>', 'organization whose view it is')
    .option('--since <cursor>', 'the cursor at the end of the last export; without it, everything')
    .description('write what an organization may see, or how it has changed, as lines of JSON')
    .action((question: { asker: string; since?: string }) =>
      administer(readConfig(process.env), async (_prisma, pool) => {
        for await (const item of feed(pool, question)) {
          if (isFault(item)) throw new AdministrationFault(item.reason);
          if (!(await writeOutput(item))) return;
        }
      }),
    );
}
