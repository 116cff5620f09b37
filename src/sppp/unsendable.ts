import { SoapFault } from '../soap/fault.js';
import { isXmlText } from '../soap/write-xml.js';
import {
  type ElementRule,
  type Fields,
  objKey,
  objTypes,
  pubIdKey,
  type Slot,
  type Struct,
  sedGrpOfferKey,
  type Value,
} from './grammar.js';
import { readExtension } from './read-extension.js';
import { RequestRefusedError } from './request-refused.js';
import { type Result, valueInvalid } from './result.js';

/** What a verb is about. */
interface Subjects {
  readonly types: ReadonlyMap<string, Struct>;
  readonly what: string;
}

const objs = subjects('objects', objTypes);
const offerKeys = subjects('keys of offers', [sedGrpOfferKey]);
const keys = subjects('keys', [objKey, pubIdKey, sedGrpOfferKey]);

function subjects(what: string, structs: readonly Struct[]): Subjects {
  return { types: new Map(structs.map((struct) => [struct.name, struct])), what };
}

/** Characters of what is no single value, in a verdict. */
const MAX_SHOWN = 80;

/**
 * Why an object or key cannot be written as an element of its type, so that one such item would make a whole request
 * unreadable: 2000 for one that is not built as its type is, 2101 for a text that XML cannot hold. Undefined if it can.
 * Whether its values are valid is for the server to say.
 *
 * @param verb with `add` the subject is an object, with `accept` and `reject` the key of an offer, else any key
 */
export function unsendable({
  verb,
  subject,
}: {
  readonly verb: string;
  readonly subject: unknown;
}): Result | undefined {
  const kind = typeof subject === 'object' && subject !== null ? (subject as Fields).kind : undefined;
  const { types, what } = typesFor(verb);
  const struct = types.get(String(kind));
  if (struct === undefined) return malformed('kind', String(kind), `no type of ${what}`);
  return inStruct(struct, subject as Fields);
}

function typesFor(verb: string): Subjects {
  if (verb === 'add') return objs;
  return verb === 'accept' || verb === 'reject' ? offerKeys : keys;
}

function inStruct({ slots, attribute }: Struct, value: Fields): Result | undefined {
  if (attribute !== undefined) {
    const fault = isScalar(value[attribute.name]) ? inText(attribute.name, String(value[attribute.name])) : missing;
    if (fault === missing) return malformed(attribute.name, '', 'missing');
    if (fault !== undefined) return fault;
  }
  for (const slot of slots) {
    const fault = inSlot(slot, value);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const missing: Result = { code: 2000 };

function inSlot({ elements, required, repeats }: Slot, value: Fields): Result | undefined {
  let isTaken = false;
  for (const rule of elements) {
    const field = rule.readOnly ? undefined : value[rule.property];
    if (field === undefined) continue;
    if (isTaken && !repeats) return malformed(rule.name, '', `beside another one of ${namesOf(elements)}`);
    isTaken = true;
    const fault = repeats ? inList(rule, field) : inElement(rule, field);
    if (fault !== undefined) return fault;
  }
  if (isTaken || !required) return undefined;
  return malformed(namesOf(elements), '', 'missing');
}

function namesOf(elements: readonly ElementRule[]): string {
  return elements.flatMap(({ readOnly, name }) => (readOnly ? [] : [name])).join(' or ');
}

function inList(rule: ElementRule, field: Value): Result | undefined {
  if (!Array.isArray(field)) return malformed(rule.name, textOf(field), 'not a list');
  for (const one of field) {
    const fault = inElement(rule, one);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function inElement({ name, content }: ElementRule, value: Value): Result | undefined {
  if (content.is === 'simple') {
    return isScalar(value) ? inText(name, String(value)) : malformed(name, textOf(value), 'not a single value');
  }
  if (content.is === 'ext') return inExt(name, value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return malformed(name, textOf(value), 'not an object');
  }
  const fields = value as Fields;
  if (content.is === 'struct') return inStruct(content.struct, fields);
  const struct = content.of.find((each) => each.name === fields.kind);
  return struct === undefined
    ? malformed(name, String(fields.kind), 'no kind that can stand here')
    : inStruct(struct, fields);
}

function inText(attrName: string, attrVal: string): Result | undefined {
  if (isXmlText(attrVal)) return undefined;
  return valueInvalid({ attrName, attrVal, reason: 'it has a character that XML cannot hold' });
}

/** An extension is written as it is, so it has to be XML by itself. */
function inExt(name: string, value: Value): Result | undefined {
  if (typeof value !== 'string') return malformed(name, textOf(value), 'not XML as text');
  try {
    readExtension(value);
    return undefined;
  } catch (error) {
    const reason = error instanceof RequestRefusedError ? error.result.reason : undefined;
    if (reason === undefined && !(error instanceof SoapFault)) throw error;
    return malformed(name, value.slice(0, MAX_SHOWN), reason ?? (error as SoapFault).reason);
  }
}

function isScalar(value: Value | undefined): boolean {
  return (
    typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
  );
}

function textOf(value: Value | null): string {
  if (typeof value !== 'object') return String(value);
  try {
    return JSON.stringify(value).slice(0, MAX_SHOWN);
  } catch {
    return 'an object that contains itself'; // or what else JSON cannot hold
  }
}

function malformed(attrName: string, attrVal: string, reason: string): Result {
  return { code: 2000, attr: { attrName, attrVal }, reason };
}
