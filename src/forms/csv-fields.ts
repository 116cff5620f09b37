import { isUtf8 } from 'node:buffer';
import { CsvError, parse } from 'csv-parse/sync';
import type { Refusal } from '../values/refusal.js';

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

/** The field of a line that is not UTF-8, from 0, and its text with the bytes as escapes. */
export function unreadableField(bytes: Buffer): { readonly index: number; readonly value: string } {
  const fields = bytes.toString('latin1').split(',');
  const index = fields.findIndex((field) => !isUtf8(Buffer.from(field, 'latin1')));
  const value = (fields[index] ?? '').replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
  return { index, value: value.trim() };
}

/** A text as a field of CSV: in quotes where it would be read otherwise. */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
