import { createHash } from 'node:crypto';
import { columnsOf, valueAt } from '../../forms/columns.js';
import { CsvLineReader, type FieldFault } from '../../forms/csv-line.js';
import { type FormKind, formKindOf } from '../../forms/form-kind.js';
import { formCells } from '../../forms/write-form.js';
import type { Obj } from '../../model/obj.js';
import type { Fields } from '../../sppp/grammar.js';
import { unsendable } from '../../sppp/unsendable.js';
import { type Field, fieldsOf } from './fields.js';

/** What somebody has typed into the form of one kind, by the names of its inputs. */
export interface Draft {
  readonly kind: FormKind;
  readonly texts: ReadonlyMap<string, string>;
}

/** What is wrong with what was typed into an input. */
export interface DraftFault {
  readonly input: string;
  readonly value: string;
  readonly rule: string;
}

/** An empty form. Whoever acts for one registrant alone need not type it. */
export function blankDraft(kind: FormKind, rants: readonly string[]): Draft {
  const [rant = '', ...others] = rants;
  return { kind, texts: new Map(others.length === 0 ? [['rant', rant]] : []) };
}

/** The form of an object as it is stored. */
export function draftOf(object: Obj): Draft {
  const kind = formKindOf(object);
  const values = object as unknown as Fields;
  const texts = fieldsOf(kind).flatMap(({ column, cell, inputs }): [string, string][] => {
    const value = valueAt(values, column.path);
    const written = value === undefined ? [] : cell.toTexts(value, object.rant);
    return inputs.map((input, index) => [input, written[index] ?? '']);
  });
  return { kind, texts: new Map(texts) };
}

/** What a form was sent with. Browsers send line ends as CRLF. */
export function draftIn(kind: FormKind, form: URLSearchParams): Draft {
  const inputs = fieldsOf(kind).flatMap((field) => field.inputs);
  return { kind, texts: new Map(inputs.map((input) => [input, (form.get(input) ?? '').replace(/\r\n?/g, '\n')])) };
}

/**
 * The object that a form asks for, read by the rules of files.
 *
 * @param registrar the organization that adds it
 * @returns every fault otherwise
 */
export function readDraft({ kind, texts }: Draft, registrar: string): Obj | readonly DraftFault[] {
  const fields = fieldsOf(kind);
  const rant = texts.get('rant')?.trim() ?? '';
  const cells = fields.map(({ cell, inputs }) =>
    cell.toCell(
      inputs.map((input) => texts.get(input) ?? ''),
      rant,
    ),
  );
  const header = {
    form: columnsOf(kind),
    fields: fields.length,
    indexOf: new Map(fields.map(({ column }, index) => [column, index])),
  };
  const read = new CsvLineReader(header, { verb: 'add', rar: registrar }).read(cells);
  if (!('verb' in read)) return read.map((fault) => draftFault(fault, fields));
  if (read.verb !== 'add') throw new Error('a form to add has a key');
  const unfit = unsendable(read);
  if (unfit?.attr === undefined) return read.subject;
  const { attrName, attrVal } = unfit.attr;
  const input = fields.find(({ column }) => column.name === attrName)?.inputs[0] ?? attrName;
  return [{ input, value: attrVal, rule: unfit.reason ?? 'no text of XML' }];
}

/** Where the fault of a column is: the input that it names, else the first one of its field. */
function draftFault({ column = 0, name = '', value, rule }: FieldFault, fields: readonly Field[]): DraftFault {
  const inputs = fields[column - 1]?.inputs ?? [];
  const input = inputs.find((each) => each === name) ?? inputs[0] ?? name;
  const [, index, member = ''] = /^[^[]*\[(\d+)\]\.?(.*)$/s.exec(name) ?? [];
  const entry = index === undefined ? '' : `entry ${Number(index) + 1}${member === '' ? '' : `, ${member}`}: `;
  return { input, value, rule: entry + rule };
}

/** A text that tells an object from every other state of it; what the registry itself sets does not count. */
export function markOf(object: Obj | undefined): string {
  if (object === undefined) return '';
  const inputs = new Set(fieldsOf(formKindOf(object)).map(({ column }) => column.name));
  const cells = formCells(object).filter(({ name }) => inputs.has(name));
  return createHash('sha256')
    .update(JSON.stringify([object.kind, cells]))
    .digest('base64url');
}
