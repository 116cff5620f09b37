import { finished } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** A column's value in PostgreSQL's text format of COPY. */
export type CopyValue = string | number | boolean | Date | null | undefined;

/** One line of COPY's text format. */
export function copyLine(values: readonly CopyValue[]): string {
  return `${values.map(copyField).join('\t')}\n`;
}

/** Loads lines by a `COPY … FROM STDIN` statement. */
export async function copyLines(db: ClientBase, statement: string, lines: string): Promise<void> {
  const stream = db.query(copyFrom(statement));
  stream.end(lines);
  await finished(stream);
}

const special = /[\\\t\n\r]/;

function copyField(value: CopyValue): string {
  if (value === null || value === undefined) return '\\N';
  if (typeof value === 'string') return special.test(value) ? value.replace(/[\\\t\n\r]/g, escapeOne) : value;
  return value instanceof Date ? value.toISOString() : String(value);
}

function escapeOne(character: string): string {
  return character === '\\' ? '\\\\' : character === '\t' ? '\\t' : character === '\n' ? '\\n' : '\\r';
}
