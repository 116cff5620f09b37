import type { Column } from '../../forms/columns.js';
import { normalized } from '../../forms/telephone-number.js';
import type { Fields, Value } from '../../sppp/grammar.js';
import { isRefusal } from '../../values/refusal.js';
import {
  addressLine,
  type EntryLine,
  linesIn,
  listJson,
  listText,
  sedGrpLine,
  sedRecLine,
  sourceLine,
} from './entry-lines.js';

/**
 * How the value of a column stands in a form: in which inputs, and how their texts become the cell that `forms/csv-line`
 * reads, as in a file.
 */
export interface Cell {
  /** What the names of the inputs have behind that of the column; most columns have one input, with nothing. */
  readonly parts: readonly string[];
  readonly input: 'line' | 'area' | 'truth';
  /** The cell of texts, one for each part. */
  toCell(texts: readonly string[], rant: string): string;
  /** The texts of a value, one for each part. */
  toTexts(value: Value, rant: string): readonly string[];
}

const whole = [''];

const line: Cell = { parts: whole, input: 'line', toCell: ([text = '']) => text, toTexts: (value) => [String(value)] };

const truth: Cell = { ...line, input: 'truth' };

/** A number as people write it. */
const telephoneNumber: Cell = {
  ...line,
  toCell([text = '']) {
    const plain = text.trim();
    const number = /^\+?\d*$/.test(plain) ? plain : normalized(plain, undefined);
    return isRefusal(number) ? text : number;
  },
};

/** A text on each line. */
const lines: Cell = {
  ...{ parts: whole, input: 'area' },
  toCell: ([text = '']) =>
    linesIn(text)
      .map((entry) => entry.replace(/[\\;]/g, '\\$&'))
      .join(';'),
  toTexts: (value) => [(value as readonly Value[]).join('\n')],
};

/** XML, which cells have as a text in JSON. */
const xml: Cell = {
  ...{ parts: whole, input: 'area' },
  toCell: ([text = '']) => (text.trim() === '' ? '' : JSON.stringify(text)),
  toTexts: (value) => [String(value)],
};

/** A pattern, and what it makes of what it fits. */
function pattern(isRequired: boolean): Cell {
  return {
    ...{ parts: ['.ere', '.repl'], input: 'line' },
    toCell: ([ere = '', repl = '']) =>
      ere.trim() === '' && repl.trim() === '' && !isRequired ? '' : JSON.stringify({ ere, repl }),
    toTexts: (value) => [String((value as Fields).ere), String((value as Fields).repl)],
  };
}

/** Entries of several values, one on each line. */
function entries(entry: EntryLine): Cell {
  return {
    ...{ parts: whole, input: 'area' },
    toCell: ([text = ''], rant) => listJson(text, entry, rant),
    toTexts: (value, rant) => [listText(value, entry, rant)],
  };
}

/** Any other value, as JSON. */
const json: Cell = {
  ...{ parts: whole, input: 'area' },
  toCell: ([text = '']) => text.trim(),
  toTexts: (value) => [JSON.stringify(value, undefined, 1)],
};

const entryLines: Readonly<Record<string, EntryLine>> = {
  sedRecRef: sedRecLine,
  ingrSedGrp: sedGrpLine,
  ipAddr: addressLine,
  sourceIdent: sourceLine,
};

/** Columns of telephone numbers; a prefix is no number, and a routing number need be none. */
const telephoneNumbers: ReadonlySet<string> = new Set(['tn', 'startRange', 'endRange']);

/** How a column stands in a form: by what its element holds. */
export function cellOf({ name, rule, cell, isRequired }: Column): Cell {
  if (telephoneNumbers.has(name)) return telephoneNumber;
  const { content } = rule;
  if (content.is === 'ext') return xml;
  if (content.is === 'simple') return cell === 'list' ? lines : content.type.name === 'boolean' ? truth : line;
  const entry = entryLines[rule.property];
  if (entry !== undefined) return entries(entry);
  return content.is === 'struct' && content.struct.name === 'RegexParamType' ? pattern(isRequired) : json;
}
