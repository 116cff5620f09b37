import { HttpRefusedError } from '../http/http-refused.js';
import { OperatorError } from '../operator-error.js';
import { readDateTime } from '../values/date-time.js';
import { shortened } from '../values/parameter-fault.js';
import { isRefusal } from '../values/refusal.js';

/** The parameters of a page. */
export interface Query {
  readonly [name: string]: unknown;
}

/** The reason of a 404, which says nothing of whether there is something. */
export const NOT_SHOWN = 'There is nothing here that you may see.';

/** What a visitor may see; nothing else is said to be there. */
export function shown<State>(state: State | undefined): State {
  if (state === undefined) throw new HttpRefusedError(404, NOT_SHOWN);
  return state;
}

/** The same of what an operator asks for by a name: if it is not known, there is nothing. */
export async function shownIfKnown<State>(asked: Promise<State>): Promise<State> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof OperatorError) throw new HttpRefusedError(404, NOT_SHOWN);
    throw error;
  }
}

/** The number of a row, with which a page begins; undefined for none. */
export function rowIn(query: Query, name: string): number | undefined {
  const text = textIn(query, name);
  if (text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) throw refused(name, text, 'a whole number');
  return Number(text);
}

/** No id of a row is larger, where ids are integers. */
const MAX_ID = 2 ** 31 - 1;

/** The id of a row; 0, which none has, for none and for one that there cannot be. */
export function idIn(query: Query, name: string): number {
  const id = rowIn(query, name) ?? 0;
  return id <= MAX_ID ? id : 0;
}

/**
 * A parameter; none is empty. PostgreSQL has no text with a NUL.
 *
 * @throws HttpRefusedError 400 for one that is given twice
 */
export function textIn(query: Query, name: string): string {
  const value = query[name];
  if (Array.isArray(value)) throw new HttpRefusedError(400, `${name}: once.`);
  return typeof value === 'string' ? value.replaceAll('\0', '') : '';
}

/**
 * One of some words; undefined for none.
 *
 * @throws HttpRefusedError 400 for any other word
 */
export function choiceIn<Word extends string>(query: Query, name: string, words: readonly Word[]): Word | undefined {
  const text = textIn(query, name);
  const word = words.find((each) => each === text);
  if (word !== undefined || text === '') return word;
  throw refused(name, text, `one of ${words.join(', ')}`);
}

/** A time to come in UTC, or a day for its beginning; undefined for none. */
export function endIn(query: Query, name: string, now: Date): Date | undefined {
  const text = textIn(query, name);
  if (text === '') return undefined;
  const read = readDateTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
  if (!isRefusal(read)) {
    if (read <= now) throw refused(name, text, 'a time to come');
    return read;
  }
  throw refused(name, text, `a day such as 2027-01-31, or a time such as 2027-01-31T00:00:00Z (${read.error})`);
}

/** The values of a parameter that may be given more than once; none is an empty list. */
export function textsIn(query: Query, name: string): string[] {
  return [query[name]].flat().filter((value) => typeof value === 'string');
}

/** A refusal that names a parameter, its value and the rule that it breaks. */
export function refused(name: string, value: string, rule: string): HttpRefusedError {
  return new HttpRefusedError(400, `${name} “${shortened(value)}”: ${rule}.`);
}
