import { type ElementRule, type Fields, objTypes, type Slot, type Struct } from '../sppp/grammar.js';
import type { FormKind } from './form-kind.js';
import { formKinds } from './form-kind.js';

/** A column of the CSV files of one kind. */
export interface Column {
  /** The element's name. The types' own `ext`, which is the second one, is `ownExt`. */
  readonly name: string;
  /** The properties that lead to its value in an object. */
  readonly path: readonly [string] | readonly [string, string];
  readonly rule: ElementRule;
  /** Plain text, plain texts between `;`, or JSON. */
  readonly cell: 'text' | 'list' | 'json';
  /** The longest list that an object may have here. */
  readonly most: number | undefined;
  /** Whether every line has a value here. */
  readonly isRequired: boolean;
  /** Whether it is a part of the object's key. */
  readonly isKey: boolean;
  /** The registry sets it, so that it is written and read past. */
  readonly isServerSet: boolean;
}

/** The columns of one kind, in the order in which they are written. */
export interface Form {
  readonly kind: FormKind;
  readonly struct: Struct;
  readonly columns: readonly Column[];
}

/** Elements that the registry sets, whatever a client sends. */
const serverSet: ReadonlySet<string> = new Set([
  ...['cDate', 'mDate', 'cor', 'corDate', 'peeringOrg', 'status', 'offerDateTime', 'acceptDateTime'],
]);

/** Elements with several fields that have a column for each, because no other element of the object has their names. */
const inColumns: ReadonlySet<string> = new Set(['range', 'corInfo']);

/** The elements that name an object among those of its registrant. */
const keyElements: Readonly<Record<FormKind, readonly string[]>> = {
  destGrp: ['dgName'],
  tn: ['tn'],
  tnRange: ['startRange', 'endRange'],
  tnPrefix: ['tnPrefix'],
  rn: ['rn'],
  uri: ['uri'],
  naptr: ['sedName'],
  ns: ['sedName'],
  uriRec: ['sedName'],
  sedGrp: ['sedGrpName'],
  sedGrpOffer: ['sedGrpName', 'offeredTo'],
  egrRte: ['egrRteName'],
};

const forms = new Map(
  Object.entries(formKinds).map(([kind, type]) => [kind as FormKind, formOf(kind as FormKind, type)]),
);

/** All kinds with their columns. */
export const allForms: readonly Form[] = [...forms.values()];

/** The columns of one kind. */
export function columnsOf(kind: FormKind): Form {
  const form = forms.get(kind);
  if (form === undefined) throw new Error(`no form ${kind}`);
  return form;
}

/** The value of a column in an object. */
export function valueAt(fields: Fields, [first, second]: Column['path']): Fields[string] {
  const value = fields[first];
  return second === undefined ? value : (value as Fields | undefined)?.[second];
}

function formOf(kind: FormKind, type: string): Form {
  const struct = objTypes.find(({ name }) => name === type);
  if (struct === undefined) throw new Error(`no type ${type}`);
  const columns = struct.slots.flatMap((slot) => slot.elements.flatMap((rule) => columnsFor(kind, slot, rule)));
  return { kind, struct, columns };
}

function columnsFor(kind: FormKind, slot: Slot, rule: ElementRule): Column[] {
  const { content, property } = rule;
  if (content.is === 'abstract' && property === 'sedGrpOfferKey') return offerKeyColumns(kind, content.of);
  if (content.is !== 'struct' || !inColumns.has(property)) return [column(kind, slot, rule, [property])];
  return content.struct.slots.flatMap((inner) =>
    inner.elements
      .filter(({ readOnly }) => !readOnly)
      .map((each) =>
        column(kind, { ...inner, required: inner.required && slot.required }, each, [property, each.property]),
      ),
  );
}

/**
 * The key of an offer: the group, which is the registrant's own (RFC 7877 §6.5), by its name, and the organization that it
 * is offered to.
 */
function offerKeyColumns(kind: FormKind, [key]: readonly Struct[]): Column[] {
  const elements = (key?.slots ?? []).flatMap((slot) => slot.elements.map((rule) => ({ slot, rule })));
  return elements.flatMap(({ slot, rule }) => {
    if (rule.content.is !== 'struct') return [column(kind, slot, rule, ['sedGrpOfferKey', rule.property])];
    return rule.content.struct.slots
      .flatMap((inner) => inner.elements.filter(({ name }) => name === 'name'))
      .map((name) => ({
        ...column(kind, slot, name, ['sedGrpOfferKey', 'sedGrpName']),
        name: 'sedGrpName',
        isKey: true,
      }));
  });
}

function column(kind: FormKind, slot: Slot, rule: ElementRule, path: Column['path']): Column {
  const isPlain = rule.content.is === 'simple';
  const name = rule.content.is === 'ext' ? rule.property : rule.name;
  return {
    name,
    path,
    rule,
    cell: !isPlain ? 'json' : slot.repeats ? 'list' : 'text',
    most: slot.repeats ? slot.most : undefined,
    isRequired: slot.required && !serverSet.has(name),
    isKey: name === 'rant' || keyElements[kind].includes(name),
    isServerSet: serverSet.has(name),
  };
}
