import { keyOf } from '../model/key-of.js';
import type { Obj } from '../model/obj.js';
import type { Content, Fields, Struct, Value } from '../sppp/grammar.js';
import { emptyFields } from '../sppp/item-template.js';
import type { Flaw } from '../sppp/result.js';
import { readBounded, Unfit } from '../sppp/simple-types.js';
import { isRefusal } from '../values/refusal.js';
import { collapse } from '../values/text.js';
import { type Column, valueAt } from './columns.js';
import { type CsvHeader, isNeeded } from './csv-header.js';
import type { Fault } from './fault.js';
import type { FormItem, FormOptions } from './form-line.js';
import { readJson, readJsonList } from './json-value.js';
import { offerKeyFrom, offerStandIns } from './offer-key.js';
import { spreadsheetHint } from './spreadsheet-hint.js';
import { isCountry, normalized, numberHint } from './telephone-number.js';

/** A fault of one field: its column, its value and the rule. */
export type FieldFault = Pick<Fault, 'column' | 'name' | 'value' | 'rule'>;

/** Columns of telephone numbers, which may be normalized. A prefix is no number, and a routing number need be none. */
const telephoneNumbers: ReadonlySet<string> = new Set(['tn', 'startRange', 'endRange']);

/** The last text of a column and what was read of it: most columns have the same text in many lines. */
interface Remembered {
  text: string;
  value: Value | undefined;
}

/** A rule about several fields of the object, or of the value of one property. */
interface Check {
  readonly property: string | undefined;
  readonly check: (value: Fields) => Flaw | undefined;
}

/** Reads the lines of one CSV file into objects, or into keys to delete. */
export class CsvLineReader {
  readonly #header: CsvHeader;
  readonly #options: FormOptions;
  readonly #columns: readonly Column[];
  readonly #remembered = new Map<Column, Remembered>();
  /** The rules about several fields of an object, or of one that has columns for its own fields. */
  readonly #checks: readonly Check[];
  #faults: FieldFault[] = [];

  constructor(header: CsvHeader, options: FormOptions) {
    this.#header = header;
    this.#options = options;
    const { columns } = header.form;
    this.#columns = columns.filter((each) => (options.verb === 'delete' ? each.isKey : !each.isServerSet));
    this.#checks = checksOf(header.form.struct, this.#columns, options.verb === 'delete');
  }

  /** What the fields of a line ask for, or all their faults. */
  read(texts: readonly string[]): FormItem | readonly FieldFault[] {
    this.#faults = [];
    const { struct, kind } = this.#header.form;
    if (texts.length !== this.#header.fields) {
      const { fields: expected } = this.#header;
      const rule = `${texts.length} ${texts.length === 1 ? 'field' : 'fields'}; the header has ${expected}`;
      return [{ column: Math.min(texts.length, expected) + 1, value: texts.slice(expected).join(','), rule }];
    }
    const fields = emptyFields(struct, struct.name);
    for (const column of this.#columns) this.#readColumn(column, texts, fields);
    if (this.#faults.length === 0) this.#check(fields);
    if (this.#faults.length > 0) return this.#faults;
    if (kind === 'sedGrpOffer') completeOffer(fields);
    // By the grammar the fields are those of the kind's object; the compiler cannot know that.
    const obj = fields as unknown as Obj;
    return this.#options.verb === 'delete' ? { verb: 'delete', subject: keyOf(obj) } : { verb: 'add', subject: obj };
  }

  /** The key of a line as it is written, for a line with faults. */
  labelOf(texts: readonly string[]): string {
    const keys = this.#columns.filter(({ isKey, name }) => isKey && name !== 'rant');
    const separator = this.#header.form.kind === 'tnRange' ? '-' : '/';
    return keys.map((column) => texts[this.#header.indexOf.get(column) ?? -1]?.trim() ?? '').join(separator);
  }

  #readColumn(column: Column, texts: readonly string[], fields: Fields): void {
    const { rant, rar } = this.#options;
    const index = this.#header.indexOf.get(column);
    const given = index === undefined ? '' : (texts[index] ?? '');
    const standard = column.name === 'rant' ? rant : column.name === 'rar' ? rar : undefined;
    const text = given.trim() === '' ? (standard ?? '') : given;
    const isEmpty = text.trim() === '';
    if (isEmpty && !isNeeded(column, this.#options)) return;
    if (isEmpty && column.rule.content.is === 'simple' && column.rule.content.type.ifEmpty === undefined) {
      this.#tell(column, '', 'needed');
      return;
    }
    const value = this.#valueOf(column, text, fields);
    if (value === undefined) return;
    const [first, second] = column.path;
    if (second === undefined) fields[first] = value;
    else fields[first] = { ...(fields[first] as Fields | undefined), [second]: value };
  }

  #valueOf(column: Column, text: string, fields: Fields): Value | undefined {
    const remembered = this.#remembered.get(column);
    if (remembered?.text === text) return remembered.value;
    const before = this.#faults.length;
    const value = this.#readCell(column, text, fields);
    if (this.#faults.length === before && column.rule.ignoredBeside === undefined) {
      if (remembered === undefined) this.#remembered.set(column, { text, value });
      else Object.assign(remembered, { text, value });
    }
    return value;
  }

  #readCell(column: Column, text: string, fields: Fields): Value | undefined {
    const { rule, cell, most } = column;
    if (cell === 'json') return this.#readJsonCell(column, text);
    if (cell === 'text') return this.#readText(column, rule.content, text, fields);
    const entries = listEntries(text);
    if (most !== undefined && entries.length > most) {
      this.#tell(column, `${entries.length} entries`, `more than ${most}`);
      return undefined;
    }
    return entries.flatMap((entry) => this.#readText(column, rule.content, entry, fields) ?? []);
  }

  #readText(column: Column, content: Content, text: string, fields: Fields): Value | undefined {
    if (content.is !== 'simple') return undefined;
    const { normalize, country } = this.#options;
    const isNumber = telephoneNumbers.has(column.name);
    let plain = text;
    if (normalize && isNumber) {
      const read = normalized(text.trim(), country !== undefined && isCountry(country) ? country : undefined);
      if (isRefusal(read)) {
        this.#tell(column, text, read.error + spreadsheetHint(text.trim()));
        return undefined;
      }
      plain = read;
    }
    const read = readBounded(content.type, plain);
    if (!(read instanceof Unfit)) return read;
    const { ignoredBeside } = column.rule;
    if (ignoredBeside !== undefined && fields[ignoredBeside] !== undefined) return read.asSent ? read.echo : undefined;
    this.#tell(column, text, read.reason + (isNumber && !normalize ? numberHint(collapse(text)) : ''));
    return undefined;
  }

  #readJsonCell(column: Column, text: string): Value | undefined {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (error) {
      this.#tell(column, text, `JSON: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
    const tell = (name: string, value: string, rule: string) => this.#tell(column, value, rule, name);
    const { rule, most } = column;
    if (most === undefined) return readJson(rule.content, json, column.name, tell);
    return readJsonList({ elements: [rule], required: false, repeats: true, most }, rule, json, tell);
  }

  /** The rules about several fields together. */
  #check(fields: Fields): void {
    for (const { property, check } of this.#checks) {
      const value = property === undefined ? fields : (fields[property] as Fields | undefined);
      const flaw = value === undefined ? undefined : check(value);
      if (flaw === undefined) continue;
      const column = this.#columns.find(({ name, path }) => name === flaw.attrName || path[0] === flaw.attrName);
      if (column !== undefined) this.#tell(column, flaw.attrVal, flaw.reason, flaw.attrName);
      else this.#faults.push({ name: flaw.attrName, value: flaw.attrVal, rule: flaw.reason });
    }
  }

  #tell(column: Column, value: string, rule: string, name = column.name): void {
    const index = this.#header.indexOf.get(column);
    this.#faults.push({ ...(index === undefined ? {} : { column: index + 1 }), name, value, rule });
  }
}

/** The entries between `;`, where `\;` is a semicolon and `\\` a backslash. */
export function listEntries(text: string): string[] {
  if (!text.includes('\\')) return text.split(';');
  const entries: string[] = [];
  let entry = '';
  for (let at = 0; at < text.length; at++) {
    const [character = '', next = ''] = [text[at], text[at + 1]];
    if (character === ';') {
      entries.push(entry);
      entry = '';
    } else if (character === '\\' && (next === ';' || next === '\\')) {
      entry += next;
      at += 1;
    } else entry += character;
  }
  return [...entries, entry];
}

/** A key to delete has no field but its own. */
function checksOf(struct: Struct, columns: readonly Column[], isKeyOnly: boolean): Check[] {
  const inner = struct.slots.flatMap(({ elements: [rule] }): Check[] => {
    const isInColumns = columns.some(({ path }) => path.length > 1 && path[0] === rule?.property);
    if (rule?.content.is !== 'struct' || !isInColumns) return [];
    const { check } = rule.content.struct;
    return check === undefined ? [] : [{ property: rule.property, check }];
  });
  return struct.check === undefined || isKeyOnly ? inner : [...inner, { property: undefined, check: struct.check }];
}

function completeOffer(fields: Fields): void {
  const rant = String(fields.rant);
  const name = String(valueAt(fields, ['sedGrpOfferKey', 'sedGrpName']));
  const offeredTo = String(valueAt(fields, ['sedGrpOfferKey', 'offeredTo']));
  Object.assign(fields, offerStandIns, { sedGrpOfferKey: { ...offerKeyFrom(rant, name, offeredTo) } });
}
