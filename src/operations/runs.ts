import { identityOf } from '../objects/identity.js';
import { nounOf } from '../objects/noun.js';
import type { Item } from '../sppp/message.js';

/** Most items that are handled as one set. */
export const MAX_RUN = 4096;

/**
 * Cuts a request into runs: neighbours of the same verb and noun, which one set of statements can handle with the same
 * outcome as one by one. A run ends where an object comes a second time, since one statement may touch a row only once,
 * and, for public identifiers, where the registrant changes, since carrier-of-record claims of two registrants can
 * depend on each other.
 */
export async function* runsOf(chunks: AsyncIterable<readonly Item[]>, most = MAX_RUN): AsyncGenerator<Item[], void> {
  let run: Item[] = [];
  let kind = '';
  const identities = new Set<string>();
  for await (const chunk of chunks) {
    for (const item of chunk) {
      const identity = identityOf(item.subject);
      const itsKind = kindOf(item);
      if (run.length > 0 && (itsKind !== kind || identities.has(identity) || run.length >= most)) {
        yield run;
        run = [];
        identities.clear();
      }
      kind = itsKind;
      identities.add(identity);
      run.push(item);
    }
  }
  if (run.length > 0) yield run;
}

function kindOf({ verb, subject }: Item): string {
  const noun = nounOf(subject);
  return noun === 'PubId' && 'rant' in subject ? `${verb} ${noun} ${subject.rant}` : `${verb} ${noun}`;
}
