import { keyOf } from '../model/key-of.js';
import type { Obj } from '../model/obj.js';
import { type Fields, objTypes, type Struct } from '../sppp/grammar.js';
import { visible } from '../values/visible.js';
import { allForms, type Column, columnsOf, valueAt } from './columns.js';
import { escapedBytes, firstEscaped } from './escaped-bytes.js';
import { type Fault, SHOWN_LENGTH } from './fault.js';
import { formKinds, kindOfType } from './form-kind.js';
import type { FormItem, FormLine, FormOptions } from './form-line.js';
import { type JsonRules, readStruct } from './json-value.js';
import { offerStandIns } from './offer-key.js';
import { MAX_KEY_LENGTH, MAX_LINE_LENGTH, NOT_UTF8, tooLong } from './read-csv.js';
import type { Line } from './text-lines.js';

/** Members that the registry sets. Those of `corInfo` are taken out of it afterwards. */
const passedOver: ReadonlySet<string> = new Set(
  allForms.flatMap(({ columns }) => columns.flatMap((each) => (isOwnMember(each) ? [each.path[0]] : []))),
);

function isOwnMember({ isServerSet, path }: Column): boolean {
  return isServerSet && path.length === 1;
}

/** Reads a line of NDJSON: one object of our object types. */
export function readJsonLine(line: Line, file: string, options: FormOptions): FormLine | undefined {
  const { number } = line;
  if ('begins' in line) {
    const fault = { file, line: number, column: MAX_LINE_LENGTH + 1, ...tooLong(line.begins) };
    return faulty(number, [fault], fault.value.slice(0, SHOWN_LENGTH));
  }
  if ('bytes' in line) return notUtf8(number, line.bytes.toString('latin1'), file);
  const { text } = line;
  if (text.trim() === '') return undefined;
  const faults: Fault[] = [];
  const json = parse(text, (column, rule) => faults.push({ file, line: number, column, value: text, rule }));
  const item =
    faults.length > 0
      ? undefined
      : readItem(json, options, (name, value, rule) => {
          faults.push({ file, line: number, column: columnOf(text, name), name, value, rule });
        });
  return item === undefined ? faulty(number, faults, labelOf(json, text)) : { line: number, item };
}

/** A line with other bytes: its key is read all the same, with these bytes as escapes. */
function notUtf8(number: number, bytes: string, file: string): FormLine {
  const value = escapedBytes(bytes);
  const fault = { file, line: number, column: firstEscaped(bytes) + 1, value, rule: NOT_UTF8 };
  const json = parse(value.replace(/\\x(?=[89a-f])/g, '\\\\x'), () => undefined);
  return faulty(number, [fault], labelOf(json, value));
}

function readItem(
  json: unknown,
  options: FormOptions,
  tell: (name: string, value: string, rule: string) => void,
): FormItem | undefined {
  const given = (typeof json === 'object' && json !== null ? json : {}) as Fields;
  const struct = objTypes.find(({ name }) => name === given.kind);
  if (struct === undefined) {
    tell('kind', String(given.kind ?? ''), `one of ${objTypes.map(({ name }) => name).join(', ')}`);
    return undefined;
  }
  const { rant, rar } = options;
  const rules: JsonRules = { passedOver, ifAbsent: { ...flags({ rant, rar }), ...standInsOf(struct.name) } };
  const isDelete = options.verb === 'delete';
  const read = isDelete ? keyPart(struct, given) : { struct, json };
  const fields = readStruct(read.struct, true, read.json, '', tell, rules);
  if (fields === undefined) return undefined;
  if (typeof fields.corInfo === 'object') fields.corInfo = { corClaim: (fields.corInfo as Fields).corClaim };
  // By the grammar the fields are those of the kind's object; the compiler cannot know that.
  const obj = fields as unknown as Obj;
  return isDelete ? { verb: 'delete', subject: keyOf(obj) } : { verb: 'add', subject: obj };
}

/** What of an object is its key; its other members are not looked at. */
function keyPart(struct: Struct, given: Fields): { struct: Struct; json: Fields } {
  const keys = new Set(
    columnsOf(kindOfType(struct.name)).columns.flatMap(({ isKey, path }) => (isKey ? [path[0]] : [])),
  );
  const isOther = (property: string) =>
    !keys.has(property) && struct.slots.some(({ elements }) => elements.some((rule) => rule.property === property));
  const { check: _, slots, ...rest } = struct;
  return {
    struct: { ...rest, slots: slots.filter(({ elements: [rule] }) => keys.has(rule?.property ?? '')) },
    json: Object.fromEntries(Object.entries(given).filter(([property]) => !isOther(property))),
  };
}

function flags(values: Fields): Fields {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function standInsOf(type: string): Fields {
  return type === formKinds.sedGrpOffer ? offerStandIns : {};
}

function parse(text: string, tell: (column: number, rule: string) => void): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const at = /position (\d+)/.exec(message)?.[1];
    tell(at === undefined ? text.length + 1 : Number(at) + 1, `JSON, one object a line: ${message}`);
    return undefined;
  }
}

/** The character at which the last member of a path is named, or the first one of the line. */
function columnOf(text: string, path: string): number {
  const member =
    path
      .split('.')
      .at(-1)
      ?.replace(/\[\d+\]$/, '') ?? '';
  return text.indexOf(`"${member}"`) + 1 || 1;
}

function faulty(line: number, faults: readonly Fault[], key: string): FormLine {
  return { line, faults, key: visible(key.slice(0, MAX_KEY_LENGTH)) };
}

/** The key of a line with faults, as far as it can be told. */
function labelOf(json: unknown, text: string): string {
  const fields = (typeof json === 'object' && json !== null ? json : {}) as Fields;
  if (!objTypes.some(({ name }) => name === fields.kind)) return text.slice(0, SHOWN_LENGTH);
  const kind = kindOfType(String(fields.kind));
  const keys = columnsOf(kind).columns.filter(({ isKey, name }) => isKey && name !== 'rant');
  return keys.map(({ path }) => String(valueAt(fields, path) ?? '')).join(kind === 'tnRange' ? '-' : '/');
}
