import { Identities } from '../objects/identities.js';
import { nounOf } from '../objects/noun.js';
import type { Item } from '../sppp/message.js';

/** Most items that are handled as one set; heavy ones count for several. */
export const MAX_RUN = 4096;

/** Items of the first set: the database is to have something to do soon. Each set that is full is followed by a larger one. */
export const FIRST_RUN = 1024;

/**
 * Cuts a request into runs: neighbours of the same verb and noun, which one set of statements can handle with the same
 * outcome as one by one. A run ends where an object comes a second time, since one statement may touch a row only once,
 * and, for public identifiers, where the registrant changes, since carrier-of-record claims of two registrants can
 * depend on each other. An item with a flaw touches no row.
 */
export async function* runsOf(
  chunks: AsyncIterable<readonly Item[]>,
  first = FIRST_RUN,
  largest = MAX_RUN,
): AsyncGenerator<readonly Item[], void> {
  let most = first;
  let run: Item[] = [];
  let weight = 0;
  let identities = new Identities();
  for await (const chunk of chunks) {
    for (const item of chunk) {
      const [one] = run;
      const goesOn = one === undefined || (weight < most && isAlike(one, item));
      const mayJoin = item.flaw !== undefined || identities.add(item.subject);
      if (!goesOn || !mayJoin) {
        yield run;
        if (weight >= most) most = Math.min(2 * most, largest);
        run = [];
        weight = 0;
        identities = new Identities();
        if (item.flaw === undefined) identities.add(item.subject);
      }
      run.push(item);
      weight += item.weight ?? 1;
    }
  }
  if (run.length > 0) yield run;
}

/** Whether two items may be in one run. */
export function isAlike(one: Item, other: Item): boolean {
  if (one.verb !== other.verb) return false;
  const noun = nounOf(one.subject);
  return noun === nounOf(other.subject) && (noun !== 'PubId' || rantOf(one) === rantOf(other));
}

function rantOf({ subject }: Item): string | undefined {
  return 'rant' in subject ? subject.rant : undefined;
}
