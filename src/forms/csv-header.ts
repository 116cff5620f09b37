import { allForms, type Column, columnsOf, type Form } from './columns.js';
import type { Fault } from './fault.js';
import type { FormKind } from './form-kind.js';
import type { FormOptions } from './form-line.js';

/** The columns of a file: of each column of the kind, its place in a line; undefined if the file has none. */
export interface CsvHeader {
  readonly form: Form;
  readonly fields: number;
  readonly indexOf: ReadonlyMap<Column, number>;
}

/** The first bytes of a ZIP archive; files of spreadsheets are some. */
const ZIP = 'PK\u0003\u0004';

/** A fault of the header: which column, its text and the rule. */
export type HeaderFault = Pick<Fault, 'column' | 'name' | 'value' | 'rule'>;

/**
 * The columns that the first line names. The kind is the one whose columns these are, or that of the options.
 *
 * @returns the faults if a column is unknown, repeated or missing, all of them
 */
export function readHeader(texts: readonly string[], options: FormOptions): CsvHeader | readonly HeaderFault[] {
  const names = texts.map((text) => text.trim());
  const form = options.kind === undefined ? bestForm(names, options) : columnsOf(options.kind);
  const byName = new Map(form.columns.map((column) => [column.name.toLowerCase(), column]));
  const faults: HeaderFault[] = [];
  const unknown = unknownRule(names, form);
  const indexOf = new Map<Column, number>();
  for (const [index, name] of names.entries()) {
    const column = byName.get(name.toLowerCase());
    if (column === undefined) faults.push({ column: index + 1, value: name, rule: unknown });
    else if (indexOf.has(column)) faults.push({ column: index + 1, value: name, rule: 'a column once' });
    else indexOf.set(column, index);
  }
  const isGuess = options.kind === undefined && indexOf.size === 0;
  for (const column of isGuess ? [] : missing(form, names, options)) {
    const isFlag = column.name === 'rant' || column.name === 'rar';
    const rule = `a column of ${form.kind} that is missing${isFlag ? `, and there is no --${column.name}` : ''}`;
    faults.push({ value: column.name, rule });
  }
  return faults.length > 0 ? faults : { form, fields: names.length, indexOf };
}

/** The kind that knows most of these columns and lacks fewest. */
function bestForm(names: readonly string[], options: FormOptions): Form {
  const ranked = allForms.map((form) => {
    const known = new Set(form.columns.map(({ name }) => name.toLowerCase()));
    const unknown = names.filter((name) => !known.has(name.toLowerCase())).length;
    return { form, faults: unknown + missing(form, names, options).length };
  });
  return ranked.reduce((best, each) => (each.faults < best.faults ? each : best)).form;
}

function missing(form: Form, names: readonly string[], options: FormOptions): readonly Column[] {
  const given = new Set(names.map((name) => name.toLowerCase()));
  return form.columns.filter((column) => isNeeded(column, options) && !given.has(column.name.toLowerCase()));
}

/** Whether the file must have the column. */
export function isNeeded(column: Column, { verb, rant, rar }: FormOptions): boolean {
  if (column.name === 'rant') return rant === undefined;
  if (verb === 'delete') return column.isKey;
  return column.name === 'rar' ? rar === undefined : column.isRequired;
}

function unknownRule(names: readonly string[], form: Form): string {
  const [first = ''] = names;
  if (first.startsWith(ZIP)) return 'a spreadsheet or another archive; save it as CSV, in UTF-8';
  if (names.some((name) => name.includes('\0'))) return 'no UTF-8; save the file as UTF-8, or as UTF-16 with its mark';
  if (names.length === 1 && /[;\t|]/.test(first)) return 'the columns are separated by commas';
  const known = form.columns.map(({ name }) => name);
  const isAnyKnown = names.some((name) => known.includes(name));
  if (!isAnyKnown) return 'a column of no kind; columns are elements of the RFCs, as in rant,rar,tn,dgName';
  return `no column; ${form.kind} has ${known.join(', ')}`;
}

/** The name of a kind of form, from a text of the user. */
export function isFormKind(text: string): text is FormKind {
  return allForms.some(({ kind }) => kind === text);
}
