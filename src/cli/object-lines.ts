import type { Obj } from '../client/connect.js';
import { keyText } from '../forms/key-text.js';
import { formCells } from '../forms/write-form.js';
import { keyOf } from '../model/key-of.js';

/** An object as lines for people: its key, then its elements as the columns of its form have them. */
export function objectLines(object: Obj): string[] {
  const cells = formCells(object).filter(({ text }) => text !== '');
  const width = Math.max(...cells.map(({ name }) => name.length));
  return [keyText(keyOf(object)), ...cells.map(({ name, text }) => `  ${name.padEnd(width)}  ${text}`)];
}
