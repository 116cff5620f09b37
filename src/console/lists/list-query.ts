import { normalized } from '../../forms/telephone-number.js';
import type { Place } from '../../registry/find/walk.js';
import { foldName } from '../../values/fold-name.js';
import { isRefusal } from '../../values/refusal.js';
import { choiceIn, type Query, refused, textIn } from '../query.js';
import type { Visitor } from '../visitor.js';
import { fieldsFor, type ListFieldName, type ObjectList } from './object-lists.js';

/** Which objects a page of a list has, and in which order: all that its address says. */
export interface ListQuery {
  readonly list: ObjectList;
  /** The fields as they were filled in; the empty ones are left out. */
  readonly fields: Readonly<Partial<Record<ListFieldName, string>>>;
  readonly sort: string;
  readonly isDescending: boolean;
  /** The page begins behind this place, or ends before it. */
  readonly after: Place | undefined;
  readonly before: Place | undefined;
}

/** The directions of a list. */
export const directions = ['ascending', 'descending'] as const;

/** Characters of an id of an organization, and of a name, at most; more are in no object. */
const MAX_TEXT = 2000;

/**
 * What the address of a list asks for.
 *
 * @throws HttpRefusedError 400 for a parameter that breaks a rule
 */
export function readListQuery(list: ObjectList, query: Query, visitor: Visitor): ListQuery {
  const fields: Partial<Record<ListFieldName, string>> = {};
  for (const { name, words } of fieldsFor(list, visitor.kind)) {
    const text = words === undefined ? textIn(query, name).trim() : (choiceIn(query, name, words) ?? '');
    if (text === '') continue;
    if (text.length > MAX_TEXT) throw refused(name, text, `at most ${MAX_TEXT} characters`);
    fields[name] = text;
  }
  const sort = choiceIn(query, 'sort', Object.keys(list.orders)) ?? standardSort(list, visitor);
  const order = list.orders[sort] ?? [];
  const [after, before] = [placeIn(query, 'after', order), placeIn(query, 'before', order)];
  if (after !== undefined && before !== undefined) throw refused('before', textIn(query, 'before'), 'not beside after');
  const isDescending = choiceIn(query, 'order', directions) === 'descending';
  return { list, fields, sort, isDescending, after, before };
}

/** Numbers stand among those of all registrants, so registrars see theirs in the order in which they were added. */
function standardSort({ noun, orders }: ObjectList, visitor: Visitor): string {
  const [first = ''] = Object.keys(orders);
  return noun === 'PubId' && visitor.kind === 'registrar' ? 'added' : first;
}

/** The address of a page of a list: equal queries have equal addresses. */
export function listPath({ list, fields, sort, isDescending, after, before }: ListQuery, form: 'page' | 'csv'): string {
  const parameters = new URLSearchParams(fields);
  parameters.set('sort', sort);
  parameters.set('order', isDescending ? 'descending' : 'ascending');
  const order = list.orders[sort] ?? [];
  if (form === 'page' && after !== undefined) parameters.set('after', placeText(order, after));
  if (form === 'page' && before !== undefined) parameters.set('before', placeText(order, before));
  return `/console/objects/${list.name}${form === 'csv' ? '.csv' : ''}?${parameters}`;
}

/** A place as text: its values with colons between them, the only one that may have colons last. */
function placeText(order: readonly string[], place: Place): string {
  return textLast(order)
    .map((column) => place[column])
    .join(':');
}

function placeIn(query: Query, name: string, order: readonly string[]): Place | undefined {
  const text = textIn(query, name);
  if (text === '') return undefined;
  const columns = textLast(order);
  const parts = text.split(':');
  const values = [...parts.slice(0, columns.length - 1), parts.slice(columns.length - 1).join(':')];
  const isPlace = columns.every((column, index) => columnRules[column]?.test(values[index] ?? '') ?? true);
  if (!isPlace) throw refused(name, text, 'a place as the links of the list have it');
  return Object.fromEntries(columns.map((column, index) => [column, values[index] ?? '']));
}

const columnRules: Readonly<Record<string, RegExp>> = {
  id: /^\d{1,15}$/,
  rant_id: /^\d{1,9}$/,
  kind: /^(?:TN|TNRange|TNPrefix|RN|URI)$/,
};

function textLast(order: readonly string[]): string[] {
  const isText = (column: string) => !(column in columnRules);
  return [...order.filter((each) => !isText(each)), ...order.filter(isText)];
}

/** How the case-folded names of the objects begin, or the digits or URIs of identifiers as people write them. */
export function beginIn({ list, fields: { begin = '' } }: ListQuery): string {
  if (list.noun !== 'PubId') return foldName(begin);
  if (/^[+\d\s().-]+$/.test(begin)) return begin.replace(/\D/g, '');
  const number = normalized(begin, undefined);
  return isRefusal(number) ? begin : number.replace('+', '');
}
