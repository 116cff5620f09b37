import { isKeyFault, keyText, readKey } from '../../forms/key-text.js';
import type { ObjKey } from '../../model/key.js';
import type { Fields, Value } from '../../sppp/grammar.js';
import { collapse } from '../../values/text.js';

/** How the entries of a list that have several values are written, one a line. */
export interface EntryLine {
  /** The members of an entry, as the JSON of a cell has them (forms/csv-line), whether they are good or not. */
  read(line: string, rant: string): unknown;
  /** The line of an entry; undefined for one that has more than a line can say. */
  write(entry: Fields, rant: string): string | undefined;
}

/** `10 REC_WEST`: the priority and the record. */
export const sedRecLine: EntryLine = {
  read(line, rant) {
    const [, priority = '', name = ''] = /^([^ ]*) ?(.*)$/s.exec(line) ?? [];
    return { sedKey: readName(name, 'sedRec', rant), priority };
  },
  write({ sedKey, priority, ext }, rant) {
    const name = nameText(sedKey as unknown as ObjKey, 'sedRec', rant);
    return ext === undefined && name !== undefined ? `${priority} ${name}` : undefined;
  },
};

/** `INGRESS_WEST`: the SED group. */
export const sedGrpLine: EntryLine = {
  read: (line, rant) => readName(line, 'sedGrp', rant),
  write: (key, rant) => nameText(key as unknown as ObjKey, 'sedGrp', rant),
};

/** `192.0.2.1` or `2001:db8::1`: an address of version 4 or 6. */
export const addressLine: EntryLine = {
  read: (line) => ({ addr: line, type: line.includes(':') ? 'v6' : 'v4' }),
  write: ({ addr, ext }) => (ext === undefined ? String(addr) : undefined),
};

/** `uri ^sip:.*@example\.com$`: the scheme and the pattern of a source. */
export const sourceLine: EntryLine = {
  read(line) {
    const [, sourceIdentScheme = '', sourceIdentRegex = ''] = /^([^ ]*) ?(.*)$/s.exec(line) ?? [];
    return { sourceIdentRegex, sourceIdentScheme };
  },
  write: ({ sourceIdentRegex, sourceIdentScheme, ext }) =>
    ext === undefined ? `${sourceIdentScheme} ${sourceIdentRegex}` : undefined,
};

const types = { sedRec: 'SedRec', sedGrp: 'SedGrp' } as const;

/** A name of the registrant itself, or of another one as `kind:rant:name`. */
function readName(text: string, kind: keyof typeof types, rant: string): Omit<ObjKey, 'kind'> {
  const key = text.startsWith(`${kind}:`) ? readKey(text, undefined) : undefined;
  if (key === undefined || isKeyFault(key) || key.kind !== 'ObjKeyType') return { rant, name: text, type: types[kind] };
  return { rant: key.rant, name: key.name, type: key.type };
}

/** The text that `readName` reads as the same key; undefined for one with colons where that reads none. */
function nameText(key: ObjKey, kind: keyof typeof types, rant: string): string | undefined {
  const isPlain = key.rant === rant && !key.name.includes(':') && !key.name.startsWith('[');
  const text = isPlain ? key.name : keyText(key);
  const read = readName(text, kind, rant);
  return read.rant === key.rant && read.name === key.name ? text : undefined;
}

/** The lines of a text that are not blank, each as a token of XML. */
export function linesIn(text: string): string[] {
  return text
    .split('\n')
    .map(collapse)
    .filter((line) => line !== '');
}

/** A list as a text that JSON can read: of lines, or JSON already. */
export function listJson(text: string, line: EntryLine, rant: string): string {
  if (text.trim().startsWith('[')) return text;
  const lines = linesIn(text);
  return lines.length === 0 ? '' : JSON.stringify(lines.map((each) => line.read(each, rant)));
}

/** A list as lines; as JSON if one of its entries has more than a line can say. */
export function listText(value: Value, line: EntryLine, rant: string): string {
  const entries = value as readonly Fields[];
  const lines = entries.map((entry) => line.write(entry, rant));
  return lines.some((each) => each === undefined) ? JSON.stringify(value, undefined, 1) : lines.join('\n');
}
