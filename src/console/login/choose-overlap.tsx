import { Choice } from '../markup/choice.js';
import { overlapNames, overlapWords } from './overlaps.js';

interface ChooseOverlapParts {
  /** The page that shows what a choice does. */
  readonly at: string;
  /** What the page is about: the name and the value of its parameter. */
  readonly of: { readonly name: string; readonly value: string | number };
  readonly label: string;
  /** The word that is chosen now. */
  readonly value: string;
}

/** Chooses when a former password or secret ends, on the page that says what it does to replace it. */
export function ChooseOverlap({ at, of, label, value }: ChooseOverlapParts) {
  return (
    <form action={at}>
      <input type="hidden" name={of.name} value={of.value} />
      <Choice name="overlap" label={label} words={overlapWords} names={overlapNames} value={value} />
      <button type="submit">Choose</button>
    </form>
  );
}
