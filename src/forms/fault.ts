import { OperatorError } from '../operator-error.js';
import { visible } from '../values/visible.js';

/** A value in a file that a rule does not admit. */
export interface Fault {
  /** The file, as the user named it. */
  readonly file: string;
  /** Its line, from 1; blank lines count. */
  readonly line: number;
  /** The field of a CSV line, from 1; of JSON, the character. XML has none. */
  readonly column?: number;
  /** The column or the member, if the fault is about one. */
  readonly name?: string;
  readonly value: string;
  readonly rule: string;
}

/** Characters of a value that a fault shows. */
export const SHOWN_LENGTH = 80;

/** A fault on one line: file, line, column, name, value and rule. */
export function faultText(fault: Fault): string {
  return `${visible(fault.file)}: line ${fault.line}${fault.column === undefined ? ': ' : ', '}${faultInLine(fault)}`;
}

/** The same without file and line. */
export function faultInLine({ column, name, value, rule }: Fault): string {
  const place = column === undefined ? '' : `column ${column}: `;
  if (column === undefined && name === undefined && value === '') return visible(rule); // about no value
  return visible(`${place}${name === undefined ? '' : `${name} `}${shown(value)}: ${rule}`);
}

/** A value in quotes, cut where it is too long to be shown. */
export function shown(value: string): string {
  return value.length > SHOWN_LENGTH ? `'${value.slice(0, SHOWN_LENGTH)}…'` : `'${value}'`;
}

/** Faults that a message shows. */
const SHOWN_FAULTS = 20;

/** The texts of faults, one after the other; of very many only how many more there are. */
export function faultTexts(faults: readonly Fault[], textOf: (fault: Fault) => string, separator: string): string {
  const more = faults.length - SHOWN_FAULTS;
  const texts = (more > 1 ? faults.slice(0, SHOWN_FAULTS) : faults).map(textOf);
  return (more > 1 ? [...texts, `and ${more} more`] : texts).join(separator);
}

/** The file cannot be read, or not to its end: its header or its form. The message has one line for each fault. */
export class FormError extends OperatorError {
  constructor(readonly faults: readonly Fault[]) {
    super(faultTexts(faults, faultText, '\n'));
  }
}
