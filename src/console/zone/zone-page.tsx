import { Choice } from '../markup/choice.js';
import { FormToken, renderPage } from '../markup/page.js';
import { Time } from '../markup/time.js';
import type { Visitor } from '../visitor.js';
import { zones } from './zone.js';

const NONE = '';

/** Where a reader chooses the zone whose times stand beside UTC. */
export function zonePage(now: Date, visitor: Visitor): string {
  return renderPage({
    title: 'Time zone',
    visitor,
    children: (
      <>
        <p>
          It is now <Time at={now} />.
        </p>
        <form method="post" action="/console/zone" class="narrow">
          <FormToken visitor={visitor} />
          <Choice
            name="zone"
            label="Show times in this zone beside UTC"
            words={[NONE, ...zones]}
            names={{ [NONE]: 'none' }}
            value={visitor.zone ?? NONE}
          />
          <button type="submit">Save</button>
        </form>
        <p class="faint">This browser alone remembers it, for a year.</p>
      </>
    ),
  });
}
