import { Command } from 'commander';
import { readConfig } from '../config.js';
import { textLines } from '../forms/text-lines.js';
import { OperatorError } from '../operator-error.js';
import { applyFeed, readPosition } from '../registry/feed/apply.js';
import { administer } from './administer.js';
import { jsonOption, printResult } from './output.js';

/** Characters of a line: more than an object at all its limits has. */
const MAX_LINE_LENGTH = 16_777_216;

interface Options {
  readonly position?: string;
  readonly create?: boolean;
  readonly json?: boolean;
}

/** `sppp follow`: applies a feed to a local data repository (docs/feeds.md). */
export function followCommand(): Command {
  return new Command('follow')
    .option('--position <orgId>', 'print the cursor of the database, an empty line before its first snapshot')
    .option('--create', 'make the registry that follows if there is none')
    .addOption(jsonOption())
    .description('apply a feed from standard input to a database of its own')
    .action(({ position, create = false, ...options }: Options) =>
      administer(
        readConfig(process.env),
        async (_prisma, pool) => {
          if (position !== undefined) {
            const cursor = await readPosition(pool, position);
            printResult(options, { asker: position, cursor: cursor ?? null }, [cursor ?? '']);
            return;
          }
          const applied = await applyFeed(pool, inputLines());
          const { put, removed, cursor } = applied;
          printResult(options, applied, [`put ${put}, removed ${removed}, at ${cursor}`]);
        },
        { mayMake: create },
      ),
    );
}

async function* inputLines(): AsyncGenerator<string> {
  for await (const lines of textLines(process.stdin, { max: MAX_LINE_LENGTH, ends: 'newline' })) {
    for (const line of lines) {
      if ('text' in line) yield line.text;
      else if ('bytes' in line) throw new OperatorError(`Line ${line.number} is not UTF-8.`);
      else throw new OperatorError(`Line ${line.number}: at most ${MAX_LINE_LENGTH} characters.`);
    }
  }
}
