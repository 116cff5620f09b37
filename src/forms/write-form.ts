import type { Obj } from '../model/obj.js';
import type { Fields, Value } from '../sppp/grammar.js';
import { type Column, columnsOf, valueAt } from './columns.js';
import { csvField } from './csv-fields.js';
import { type FormKind, formKindOf } from './form-kind.js';

/** The header of a CSV file of one kind, without a line end. */
export function formHeader(kind: FormKind): string {
  return columnsOf(kind)
    .columns.map(({ name }) => name)
    .join(',');
}

/** An object as a line of CSV of its kind, without a line end: the exact inverse of reading. */
export function formLine(obj: Obj): string {
  return formCells(obj)
    .map(({ text }) => csvField(text))
    .join(',');
}

/** The columns of an object's kind, each with the text of its cell; empty where the object has no value. */
export function formCells(obj: Obj): { readonly name: string; readonly text: string }[] {
  const fields = { ...obj, ...offerColumns(obj) } as unknown as Fields;
  return columnsOf(formKindOf(obj)).columns.map((column) => ({
    name: column.name,
    text: cellText(column, valueAt(fields, column.path)),
  }));
}

/** An object as a line of NDJSON, without a line end. */
export function formJson(obj: Obj): string {
  return JSON.stringify(obj);
}

function offerColumns(obj: Obj): object {
  if (obj.kind !== 'SedGrpOfferType') return {};
  const { sedGrpKey, offeredTo } = obj.sedGrpOfferKey;
  return { sedGrpOfferKey: { sedGrpName: sedGrpKey.name, offeredTo } };
}

function cellText({ cell, most }: Column, value: Value | undefined): string {
  if (value === undefined) return '';
  if (cell === 'text') return String(value);
  const entries = most === undefined ? undefined : (value as readonly Value[]);
  if (entries?.length === 0) return '';
  if (cell === 'list') return (entries ?? []).map((entry) => String(entry).replace(/[\\;]/g, '\\$&')).join(';');
  return JSON.stringify(value, (member, held: unknown) => (member === 'kind' ? undefined : held));
}
