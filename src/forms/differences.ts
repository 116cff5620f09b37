import type { Obj } from '../model/obj.js';
import type { Fields, Value } from '../sppp/grammar.js';
import { foldName } from '../values/fold-name.js';
import { type Column, columnsOf, valueAt } from './columns.js';
import { formKindOf } from './form-kind.js';

/** A value that two objects with the same key do not share: the column of its form, and both values; absent: none. */
export interface Difference {
  readonly name: string;
  readonly from?: unknown;
  readonly to?: unknown;
}

/**
 * The columns in which two objects with the same key differ. What the registry sets is passed over, and what makes no
 * difference to it: letters in names of other objects, repeated entries of a list, and values that it ignores.
 */
export function differencesBetween(from: Obj, to: Obj): Difference[] {
  if (from.kind !== to.kind) return [{ name: 'kind', from: from.kind, to: to.kind }];
  const [before, after] = [from, to] as unknown as [Fields, Fields];
  return columnsOf(formKindOf(to)).columns.flatMap((column) => {
    const [left, right] = [valueThatCounts(column, before), valueThatCounts(column, after)];
    if (isPlainlySame(left, right) || canonicalText(column, left) === canonicalText(column, right)) return [];
    return [{ name: column.name, from: left, to: right }];
  });
}

/** The value that counts. Those of the key of an offer are its key, which both have. */
function valueThatCounts(column: Column, fields: Fields): Value | undefined {
  const { path, rule, isServerSet, most } = column;
  if (isServerSet || path[0] === 'sedGrpOfferKey') return undefined;
  if (rule.ignoredBeside !== undefined && fields[rule.ignoredBeside] !== undefined) return undefined;
  return valueAt(fields, path) ?? (most === undefined ? undefined : []);
}

/** Whether two values are the same at a glance, as nearly all are. */
function isPlainlySame(left: Value | undefined, right: Value | undefined): boolean {
  if (!Array.isArray(left) || !Array.isArray(right)) return left === right;
  return left.length === right.length && left.every((entry, index) => entry === right[index]);
}

/** A text that two values share if they are the same to the registry. */
function canonicalText({ name, most }: Column, value: Value | undefined): string | undefined {
  if (most === undefined || !Array.isArray(value)) return JSON.stringify(canonical(value));
  // Each entry once: the last mention holds, in the position of the first.
  const entries = new Map((value as readonly Value[]).map((entry) => [entryName(name, entry), entry]));
  const held = [...entries].map(([folded, entry]) => (typeof entry === 'string' ? folded : canonical(entry)));
  return JSON.stringify(held);
}

/** What makes an entry of a list the same as another one. */
function entryName(list: string, entry: Value): string {
  const fields = entry as Fields;
  switch (list) {
    case 'dgName':
      return foldName(String(entry));
    case 'sedRecRef':
      return JSON.stringify(canonical(fields.sedKey));
    case 'sourceIdent':
      return JSON.stringify([fields.sourceIdentScheme, fields.sourceIdentRegex]);
    default:
      return JSON.stringify(canonical(entry));
  }
}

/** A value with its members in one order, without types that can be no others, and with names of objects folded. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const { kind, ...members } = value as Readonly<Record<string, unknown>>;
  const folded = kind === 'ObjKeyType' ? { ...members, name: foldName(String(members.name)) } : members;
  const entries = Object.entries(folded).filter(([, held]) => held !== undefined);
  return Object.fromEntries(entries.map(([name, held]) => [name, canonical(held)] as const).sort(byName));
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
