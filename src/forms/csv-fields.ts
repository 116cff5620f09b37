import { CsvError, parse } from 'csv-parse/sync';
import { isRefusal, type Refusal } from '../values/refusal.js';
import { escapedBytes, firstEscaped } from './escaped-bytes.js';

/** The fields of a line of CSV (RFC 4180). A quoted field ends on the line on which it begins. */
export function csvFields(text: string): string[] | Refusal {
  if (!text.includes('"')) return text.split(',');
  const fields = plainlyQuoted(text);
  if (fields !== undefined) return fields;
  return parsed(text, false) ?? parsed(text, true) ?? { error: 'quotes around a whole field only, and doubled inside' };
}

/** By the parser, blanks around quotes admitted or not; it takes blanks from other fields as well then. */
function parsed(text: string, trim: boolean): string[] | undefined {
  try {
    const [record = []] = parse(text, { relax_column_count: true, trim, record_delimiter: [] });
    return record;
  } catch (error) {
    if (error instanceof CsvError) return undefined;
    throw error;
  }
}

/** The fields of a line without quotes inside of fields, which need no parser; undefined for any other line. */
function plainlyQuoted(text: string): string[] | undefined {
  const fields: string[] = [];
  for (let at = 0; at <= text.length; ) {
    const isQuoted = text[at] === '"';
    const end = isQuoted ? text.indexOf('"', at + 1) : text.indexOf(',', at);
    if (isQuoted && end < 0) return undefined;
    const field = text.slice(isQuoted ? at + 1 : at, end < 0 ? text.length : end);
    const next = isQuoted ? end + 1 : at + field.length;
    if (field.includes('"') || (next < text.length && text[next] !== ',')) return undefined;
    fields.push(field);
    at = next + 1;
  }
  return fields;
}

/** The fields of a line that is not UTF-8, with the other bytes as escapes, and the places of those that have some, from 0. */
export function unreadableFields(bytes: Buffer): {
  readonly fields: readonly string[];
  readonly bad: readonly number[];
} {
  const line = bytes.toString('latin1');
  const read = csvFields(line);
  const fields = isRefusal(read) ? line.split(',') : read;
  return {
    fields: fields.map((field) => escapedBytes(field).trim()),
    bad: [...fields.keys()].filter((index) => firstEscaped(fields[index] ?? '') >= 0),
  };
}

/** A text as a field in quotes. */
export function quotedCsvField(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** A text as a field of CSV: in quotes where it would be read otherwise. */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? quotedCsvField(text) : text;
}
