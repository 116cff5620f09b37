import { keyText } from '../../forms/key-text.js';
import type { Question } from '../../registry/resolve/resolve.js';
import { FormToken } from '../markup/page.js';
import { trialPath } from '../paths.js';
import type { Visitor } from '../visitor.js';
import type { Switch } from './switches.js';

interface SwitchesFormParts {
  readonly question: Question;
  readonly switches: readonly Switch[];
  readonly visitor: Visitor;
}

/** What may be tried of a look-up: for each SED group on its way what can be turned, as it is now. */
export function SwitchesForm({ question, switches, visitor }: SwitchesFormParts) {
  return (
    <>
      <h2>What would change if</h2>
      <p>
        Turn something and see the answers before and after. Nothing is changed in the registry, and nobody is told.
      </p>
      <form method="post" action={trialPath(question)}>
        <FormToken visitor={visitor} />
        {switches.map((each) => (
          <GroupSwitches key={keyText(each.key)} of={each} asker={question.asker} />
        ))}
        <button type="submit">Try it</button>
      </form>
    </>
  );
}

/** Each switch sends beside itself what it is about, so that one that is off is told from one that was not there. */
function GroupSwitches({ of: { key, group, offer }, asker }: { readonly of: Switch; readonly asker: string }) {
  const groupKey = keyText(key);
  const offerKey = offer && keyText(offer.key);
  return (
    <fieldset>
      <legend>
        SED group <bdi>{key.name}</bdi> of {key.rant}
      </legend>
      {offer && (
        <>
          <input type="hidden" name="offer" value={offerKey} />
          <label class="tick">
            <input type="checkbox" name="accepted" value={offerKey} checked={offer.isAccepted} /> accepted by {asker}
          </label>
        </>
      )}
      {group && (
        <>
          <input type="hidden" name="group" value={groupKey} />
          <label class="tick">
            <input type="checkbox" name="inService" value={groupKey} checked={group.isInSvc} /> in service
          </label>
          <label>
            Priority
            <input type="number" name="priority" value={group.priority} min="0" max="65535" required />
          </label>
        </>
      )}
    </fieldset>
  );
}
