import { nounOf } from '../model/noun.js';
import type { Item } from '../sppp/message.js';

/** Items that are handled as one set; a heavy one counts for several. */
export const MAX_RUN = 4096;

/**
 * Items of the first run, which is small so that the database begins early. After each full run, the next may be
 * larger.
 */
export const FIRST_RUN = 1024;

/**
 * Cuts a request into runs: neighbours of the same noun, which one set of statements can handle with the same outcome as
 * one by one, since nothing refers to objects of its own noun. A run ends, for public identifiers, where the registrant
 * changes, since carrier-of-record claims of two registrants can depend on each other.
 */
export async function* runsOf(
  chunks: AsyncIterable<readonly Item[]>,
  first = FIRST_RUN,
  largest = MAX_RUN,
): AsyncGenerator<readonly Item[], void> {
  let max = first;
  let run: Item[] = [];
  let weight = 0;
  for await (const chunk of chunks) {
    for (const item of chunk) {
      const [one] = run;
      if (one !== undefined && (weight >= max || !isAlike(one, item))) {
        yield run;
        if (weight >= max) max = Math.min(2 * max, largest);
        run = [];
        weight = 0;
      }
      run.push(item);
      weight += item.weight ?? 1;
    }
  }
  if (run.length > 0) yield run;
}

/** The weight of items in memory, as a number of plain items. */
export function weigh(items: readonly Item[]): number {
  return items.reduce((sum, { weight = 1 }) => sum + weight, 0);
}

/** Whether two items may be in one run. */
export function isAlike(one: Item, other: Item): boolean {
  const noun = nounOf(one.subject);
  return noun === nounOf(other.subject) && (noun !== 'PubId' || rantOf(one) === rantOf(other));
}

function rantOf({ subject }: Item): string | undefined {
  return 'rant' in subject ? subject.rant : undefined;
}
