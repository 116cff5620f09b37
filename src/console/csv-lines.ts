import { quotedCsvField } from '../forms/csv-fields.js';

/** The media type of CSV whose first line has the names of the columns. */
export const CSV_TYPE = 'text/csv; charset=utf-8; header=present';

/** Rows as lines of CSV (RFC 4180). Every cell is in quotes: a spreadsheet that takes semicolons for separators parts none. */
export function csvLines(rows: readonly (readonly string[])[]): Buffer {
  const quoted = (text: string) => quotedCsvField(unevaluated(text));
  return Buffer.from(rows.map((row) => `${row.map(quoted).join(',')}\r\n`).join(''));
}

/** A text that a spreadsheet would take for a formula, with an apostrophe before it, by which it is text. */
function unevaluated(text: string): string {
  return /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/.test(text) ? `'${text}` : text;
}
