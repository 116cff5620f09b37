import type { Refusal } from './refusal.js';

/** The fields of one line of CSV (RFC 4180); a quoted field ends on the line where it begins. */
export function splitCsv(line: string): string[] | Refusal {
  if (!line.includes('"')) return line.split(',');
  const fields: string[] = [];
  for (let at = 0; ; ) {
    const [whole, quoted, plain] = /^(?:"((?:[^"]|"")*)"|([^",]*))(?=,|$)/.exec(line.slice(at)) ?? [];
    if (whole === undefined) return { error: 'quotes around a whole field only, and doubled inside' };
    fields.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'));
    at += whole.length;
    if (at >= line.length) return fields;
    at += 1;
  }
}
