import type { Draft, DraftFault } from './draft.js';
import type { Field } from './fields.js';

/** Registrants that are offered to choose from. */
const MAX_OFFERED = 100;

/** Lines of a field with several, at least and at most; it can be made larger. */
const MIN_ROWS = 3;
const MAX_ROWS = 12;

interface FieldParts {
  readonly field: Field;
  readonly draft: Draft;
  readonly faults: readonly DraftFault[];
  /** It names the object that is changed, so that it stays. */
  readonly isFixed: boolean;
  /** Registrants to choose from. */
  readonly rants: readonly string[];
}

/** The inputs of a field, with what is wrong beside each. */
export function FieldInputs({ field, draft, faults, isFixed, rants }: FieldParts) {
  const { inputs, parts, label, hint } = field;
  return (
    <>
      {inputs.map((input, index) => {
        const told = faults.filter((fault) => fault.input === input);
        const hintId = hint === undefined ? undefined : `${inputs[0]}-hint`;
        const ids = [hintId, ...told.map((_, place) => `${input}-fault-${place}`)].filter((id) => id !== undefined);
        const texts = { name: input, text: draft.texts.get(input) ?? '', isFixed };
        return (
          <div key={input}>
            <label for={`field-${input}`}>
              {parts === undefined ? label : `${label}: ${parts[index]}`}
              {isNeeded(field) && ' (needed)'}
              <Control field={field} {...texts} isFaulty={told.length > 0} describedBy={ids.join(' ')} />
            </label>
            {index === 0 && hint !== undefined && (
              <p class="faint" id={hintId}>
                {hint}
              </p>
            )}
            {told.map(({ value, rule }, place) => (
              <p key={`${place}`} class="fault" id={`${input}-fault-${place}`}>
                {value === '' ? '' : `“${value}”: `}
                {rule}
              </p>
            ))}
          </div>
        );
      })}
      {field.column.name === 'rant' && (
        <datalist id="rants">
          {rants.slice(0, MAX_OFFERED).map((rant) => (
            <option key={rant} value={rant} />
          ))}
        </datalist>
      )}
    </>
  );
}

interface ControlParts {
  readonly field: Field;
  readonly name: string;
  readonly text: string;
  readonly isFixed: boolean;
  readonly isFaulty: boolean;
  readonly describedBy: string;
}

function Control({ field, name, text, isFixed, isFaulty, describedBy }: ControlParts) {
  const { cell, words, column } = field;
  const shared = { id: `field-${name}`, name, 'aria-invalid': isFaulty, 'aria-describedby': describedBy || undefined };
  if (cell.input === 'area') {
    const rows = Math.min(MAX_ROWS, Math.max(MIN_ROWS, text.split('\n').length + 1));
    return (
      <textarea {...shared} rows={rows} spellcheck={false}>
        {text}
      </textarea>
    );
  }
  const choices = cell.input === 'truth' ? ['true', 'false'] : words;
  if (choices !== undefined) {
    return (
      <select {...shared}>
        {[...(column.isRequired ? [] : ['']), ...choices].map((word) => (
          <option key={word} value={word} selected={word === text}>
            {choiceNames[word] ?? word}
          </option>
        ))}
      </select>
    );
  }
  return (
    <input
      {...shared}
      value={text}
      readonly={isFixed}
      required={isNeeded(field)}
      autocomplete="off"
      list={column.name === 'rant' && !isFixed ? 'rants' : undefined}
    />
  );
}

const choiceNames: Readonly<Record<string, string>> = { '': 'not said', true: 'yes', false: 'no' };

/** Whether a field must be filled in; a pattern has a text that stands for none. */
function isNeeded({ column: { isRequired, rule }, cell }: Field): boolean {
  return (
    isRequired && cell.parts.length === 1 && (rule.content.is !== 'simple' || rule.content.type.ifEmpty === undefined)
  );
}
