import { differencesBetween } from '../../forms/differences.js';
import { keyLabel } from '../../forms/key-label.js';
import { keyText } from '../../forms/key-text.js';
import type { Key } from '../../model/key.js';
import type { Obj } from '../../model/obj.js';
import type { SpppResponse } from '../../sppp/message.js';
import { Differences } from '../markup/differences.js';
import { KeyLink, objectFields } from '../markup/field-value.js';
import { FormToken, renderPage } from '../markup/page.js';
import { Fields } from '../markup/table.js';
import { Verdicts } from '../markup/verdicts.js';
import { kindOfKey } from '../paths.js';
import type { Visitor } from '../visitor.js';
import { DraftHead, type EditState, editTitle } from './edit-page.js';

/** What a form cannot know of an offer. */
const SET_BY_REGISTRY = 'offerDateTime';

interface SureState extends Pick<EditState, 'draft' | 'seen'> {
  readonly object: Obj;
  readonly stored: Obj | undefined;
  /** What the registry would answer. */
  readonly foreseen: SpppResponse;
}

/** What a form changes and what the registry would answer, and the button that does it. */
export function sureToChangePage({ draft, seen, object, stored, foreseen }: SureState, visitor: Visitor): string {
  const differences = stored && differencesBetween(stored, object);
  return renderPage({
    title: `${editTitle(draft, seen)}?`,
    visitor,
    children: (
      <>
        <Verdicts response={foreseen} />
        <p>That is what the registry would answer. Nothing was changed yet.</p>
        {stored === undefined || differences === undefined ? (
          <Fields fields={objectFields(object, visitor).filter(([name]) => name !== SET_BY_REGISTRY)} />
        ) : differences.length === 0 ? (
          <p>It would be as it is now.</p>
        ) : (
          <Differences
            caption="What it changes"
            head={['Before', 'After']}
            from={stored}
            to={object}
            differences={differences}
            visitor={visitor}
          />
        )}
        <form method="post" action="/console/edit">
          <DraftHead draft={draft} seen={seen} visitor={visitor} />
          {[...draft.texts].map(([name, text]) => (
            <input key={name} type="hidden" name={name} value={text} />
          ))}
          <button type="submit" name="step" value="do">
            {seen === '' ? 'Add it' : 'Change it'}
          </button>{' '}
          <button type="submit" name="step" value="edit">
            Back to the form
          </button>
        </form>
      </>
    ),
  });
}

interface DeletionState {
  readonly key: Key;
  readonly seen: string;
  readonly foreseen: SpppResponse;
  /** Whether somebody has changed it since it was shown. */
  readonly isOvertaken: boolean;
}

/** What the registry would answer to a deletion, and the button that does it. */
export function sureToDeletePage({ key, seen, foreseen, isOvertaken }: DeletionState, visitor: Visitor): string {
  return renderPage({
    title: `Delete ${kindOfKey(key)} ${keyLabel(key)}?`,
    visitor,
    children: (
      <>
        {isOvertaken && <p role="alert">Somebody else has changed it since; look at it before you delete it.</p>}
        <Verdicts response={foreseen} />
        <p>
          Nothing was changed yet. What refers to <KeyLink at={key} /> loses the reference, and the offers of an SED
          group go with it.
        </p>
        {foreseen.overall.code === 1000 && (
          <form method="post" action="/console/delete">
            <FormToken visitor={visitor} />
            <input type="hidden" name="key" value={keyText(key)} />
            <input type="hidden" name="seen" value={seen} />
            <button type="submit" name="sure" value="yes">
              Delete it
            </button>
          </form>
        )}
      </>
    ),
  });
}
