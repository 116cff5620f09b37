import type { Difference } from '../../forms/differences.js';
import type { Obj } from '../../model/obj.js';
import type { SpppResponse } from '../../sppp/message.js';
import { Differences } from '../markup/differences.js';
import { FormToken, renderPage } from '../markup/page.js';
import { Verdicts } from '../markup/verdicts.js';
import type { Visitor } from '../visitor.js';
import type { Draft, DraftFault } from './draft.js';
import { FieldInputs } from './field-inputs.js';
import { fieldsOf } from './fields.js';
import { kindName } from './object-kinds.js';

/** The form of an object while somebody fills it in. */
export interface EditState {
  readonly draft: Draft;
  /** The state of the object that is to be changed (`markOf`); empty for a new one. */
  readonly seen: string;
  /** Registrants to choose from. */
  readonly rants: readonly string[];
  readonly faults?: readonly DraftFault[];
  /** What the registry says of what was sent. */
  readonly response?: SpppResponse;
  /** What somebody else has done to the object meanwhile. */
  readonly overtaken?: Overtaken;
}

/** An object that is not as the form was made for. */
export interface Overtaken {
  /** As it is in the registry; undefined: it is not there. */
  readonly stored: Obj | undefined;
  /** As the form asks for. */
  readonly asked: Obj;
  readonly differences: readonly Difference[];
  /** Whether the form is one to change it. */
  readonly isChange: boolean;
}

/** The form of an object, with what is wrong beside its fields. */
export function editPage(
  { draft, seen, rants, faults = [], response, overtaken }: EditState,
  visitor: Visitor,
): string {
  const fields = fieldsOf(draft.kind);
  const inputs = new Set(fields.flatMap((field) => field.inputs));
  const elsewhere = faults.filter(({ input }) => !inputs.has(input));
  return renderPage({
    title: editTitle(draft, seen),
    visitor,
    children: (
      <>
        {overtaken !== undefined && <OvertakenText {...overtaken} visitor={visitor} />}
        {response !== undefined && <Verdicts response={response} />}
        {faults.length > 0 && (
          <p class="fault" role="alert">
            {faults.length === 1 ? 'One value is wrong.' : `${faults.length} values are wrong.`} Nothing was changed.
          </p>
        )}
        {elsewhere.map(({ input, value, rule }, index) => (
          <p key={`${index}`} class="fault">
            {input} “{value}”: {rule}
          </p>
        ))}
        <form method="post" action="/console/edit">
          <DraftHead draft={draft} seen={seen} visitor={visitor} />
          {fields.map((field) => (
            <FieldInputs
              key={field.column.name}
              {...{ field, draft, faults, rants }}
              isFixed={seen !== '' && field.column.isKey}
            />
          ))}
          <button type="submit">See what the registry would answer</button>
        </form>
      </>
    ),
  });
}

/** What a form sends besides what is typed. */
export function DraftHead({ draft, seen, visitor }: Pick<EditState, 'draft' | 'seen'> & { readonly visitor: Visitor }) {
  return (
    <>
      <FormToken visitor={visitor} />
      <input type="hidden" name="kind" value={draft.kind} />
      <input type="hidden" name="seen" value={seen} />
    </>
  );
}

/** What a form is for, by the name that the object has in it. */
export function editTitle({ kind, texts }: Draft, seen: string): string {
  if (seen === '') return `New ${kindName(kind)}`;
  const keys = fieldsOf(kind).filter(({ column }) => column.isKey && column.name !== 'rant');
  return `Change ${kindName(kind)} ${keys.flatMap(({ inputs }) => inputs.map((input) => texts.get(input))).join('-')}`;
}

function OvertakenText({ stored, asked, differences, isChange, visitor }: Overtaken & { readonly visitor: Visitor }) {
  if (stored === undefined) {
    return <p role="alert">It was deleted since this form was opened. If you go on, it is added anew.</p>;
  }
  return (
    <>
      <p role="alert">
        {isChange
          ? 'Somebody else has changed it since this form was opened. If you go on, your values replace theirs.'
          : 'There is one of this name already. If you go on, your values replace its values.'}
      </p>
      {differences.length > 0 && (
        <Differences
          caption="Where it differs from your form"
          head={['In the registry', 'In your form']}
          from={stored}
          to={asked}
          differences={differences}
          visitor={visitor}
        />
      )}
    </>
  );
}
