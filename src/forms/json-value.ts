import type { Content, ElementRule, Fields, Slot, Struct, Value } from '../sppp/grammar.js';
import { emptyFields, put } from '../sppp/item-template.js';
import { readBounded, type SimpleType, Unfit } from '../sppp/simple-types.js';
import { isRefusal } from '../values/refusal.js';
import { readExtensionText } from './extension-text.js';

/** Tells of a value that a rule does not admit: where in the JSON, the value and the rule. */
export type Tell = (name: string, value: string, rule: string) => void;

/** What a reader does with members that the registry sets, and with those that a rule leaves open. */
export interface JsonRules {
  /** Members that are read past, by their names. */
  readonly passedOver: ReadonlySet<string>;
  /** What members have that are left out. */
  readonly ifAbsent: Fields;
}

const noRules: JsonRules = { passedOver: new Set(), ifAbsent: {} };

/** The texts of a type are written in quotes, its numbers and truth values without or with. */
function readScalar(type: SimpleType, value: unknown): Value | Unfit {
  if (typeof value === 'string') return readBounded(type, value);
  if (typeof value !== 'number' && typeof value !== 'boolean') return new Unfit('one plain value', '');
  const read = readBounded(type, String(value));
  return read instanceof Unfit || typeof read === typeof value ? read : new Unfit('a text, in quotes', '');
}

/**
 * A value of the grammar from JSON; undefined if it was told to be wrong. Members are the properties of the object types;
 * a type that can be no other may be left out.
 */
export function readJson(content: Content, value: unknown, name: string, tell: Tell): Value | undefined {
  switch (content.is) {
    case 'simple': {
      const read = readScalar(content.type, value);
      if (!(read instanceof Unfit)) return read;
      tell(name, textOf(value), read.reason);
      return undefined;
    }
    case 'ext': {
      const read = typeof value === 'string' ? readExtensionText(value) : { error: 'XML as a text, in quotes' };
      if (!isRefusal(read)) return read;
      tell(name, textOf(value), read.error);
      return undefined;
    }
    case 'struct':
      return readStruct(content.struct, content.struct.ns === 'soap', value, name, tell);
    case 'abstract': {
      const kind = isMembers(value) ? value.kind : undefined;
      const struct = content.of.find((each) => each.name === kind || (kind === undefined && content.of.length === 1));
      if (struct !== undefined) return readStruct(struct, true, value, name, tell);
      tell(memberOf(name, 'kind'), textOf(kind ?? value), `one of ${content.of.map((each) => each.name).join(', ')}`);
      return undefined;
    }
  }
}

/** The members of one struct; undefined if one was told to be wrong. */
export function readStruct(
  struct: Struct,
  hasKind: boolean,
  value: unknown,
  name: string,
  tell: Tell,
  { passedOver, ifAbsent }: JsonRules = noRules,
): Fields | undefined {
  let isGood = true;
  const told: Tell = (...fault) => {
    isGood = false;
    tell(...fault);
  };
  if (!isMembers(value)) {
    told(name, textOf(value), 'an object in JSON, {…}');
    return undefined;
  }
  const fields = emptyFields(struct, hasKind ? struct.name : undefined);
  const known = new Set(hasKind ? ['kind'] : []);
  if (hasKind && value.kind !== undefined && value.kind !== struct.name) {
    told(memberOf(name, 'kind'), textOf(value.kind), struct.name);
  }
  if (struct.attribute !== undefined) {
    const { type, ifAbsent: standard, name: property } = struct.attribute;
    known.add(property);
    const given = value[property] ?? standard;
    const read = readJson({ is: 'simple', type }, given, memberOf(name, property), told);
    if (read !== undefined) fields[property] = read;
  }
  for (const slot of struct.slots) {
    const rules = slot.elements.filter(({ readOnly }) => !readOnly);
    const given = rules.filter(({ property }) => isGiven(value[property]) && !passedOver.has(property));
    for (const { property } of rules) known.add(property);
    for (const rule of given) readMember(slot, rule, value, fields, memberOf(name, rule.property), told);
    for (const { property } of rules) fields[property] ??= ifAbsent[property];
    const names = rules.map(({ property }) => property);
    if (slot.required && given.length === 0 && names.every((each) => fields[each] === undefined)) {
      told(memberOf(name, names[0] ?? ''), '', `missing${names.length > 1 ? `: one of ${names.join(', ')}` : ''}`);
    } else if (given.length > 1) {
      told(memberOf(name, given[1]?.property ?? ''), '', `only one of ${names.join(', ')}`);
    }
  }
  for (const each of Object.keys(value)) {
    if (!known.has(each)) told(memberOf(name, each), textOf(value[each]), `no member of ${struct.name}`);
  }
  for (const [property, held] of Object.entries(fields)) if (held === undefined) delete fields[property];
  if (!isGood) return undefined;
  const flaw = struct.check?.(fields);
  if (flaw === undefined) return fields;
  told(memberOf(name, flaw.attrName), flaw.attrVal, flaw.reason);
  return undefined;
}

function readMember(slot: Slot, rule: ElementRule, value: Fields, fields: Fields, name: string, tell: Tell): void {
  const given: unknown = value[rule.property];
  const target = { property: rule.property, repeats: slot.repeats };
  if (!slot.repeats) {
    const isIgnored = rule.ignoredBeside !== undefined && fields[rule.ignoredBeside] !== undefined;
    const read = readJson(rule.content, given, name, isIgnored ? () => undefined : tell);
    if (read !== undefined) put(fields, target, read);
    return;
  }
  if (!Array.isArray(given)) {
    tell(name, textOf(given), 'a list in JSON, […]');
    return;
  }
  if (given.length > (slot.most ?? Number.POSITIVE_INFINITY)) {
    tell(name, `${given.length} entries`, `more than ${slot.most}`);
    return;
  }
  for (const [index, each] of given.entries()) {
    const read = readJson(rule.content, each, `${name}[${index}]`, tell);
    if (read !== undefined) put(fields, target, read);
  }
}

/** A list of values of one rule, as the JSON of a cell has it. */
export function readJsonList(slot: Slot, rule: ElementRule, value: unknown, tell: Tell): Value | undefined {
  const fields: Fields = { [rule.property]: [] };
  let isGood = true;
  readMember(slot, rule, { [rule.property]: value as Value }, fields, rule.name, (...fault) => {
    isGood = false;
    tell(...fault);
  });
  return isGood ? fields[rule.property] : undefined;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isMembers(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function memberOf(name: string, member: string): string {
  return name === '' ? member : `${name}.${member}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
