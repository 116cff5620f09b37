import { inspect } from 'node:util';
import { offerStatuses } from '../model/sed-grp-offer.js';
import { isXmlText } from '../soap/write-xml.js';
import { readText, transId } from '../sppp/simple-types.js';
import { unsendable } from '../sppp/unsendable.js';
import { visible } from '../values/visible.js';
import { type WrongUse, WrongUseError } from './sppp-error.js';

/**
 * The arguments of the library's methods, checked where they come in: a program in JavaScript has no types. Objects and keys of
 * changes are not among them, since one that breaks a rule gets a verdict of its own.
 */

/** Characters of a value in a message. */
const MAX_SHOWN = 80;

/** The longest time that a timer of Node.js can wait for: 24.8 days. */
export const MAX_MILLISECONDS = 2_147_483_647;

const verbs: ReadonlySet<unknown> = new Set(['add', 'delete', 'accept', 'reject']);

/** A value as the message of an error shows it. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY });
  return visible(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
}

/** What kind of value it is, without a part of it. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** @throws WrongUseError if `holds` is false */
export function check(holds: boolean, wrong: Omit<WrongUse, 'value'>, ...values: readonly unknown[]): asserts holds {
  if (!holds) throw new WrongUseError({ ...wrong, ...(values.length === 0 ? {} : { value: shown(values[0]) }) });
}

/** Checks that an argument is a list with something in it. */
export function checkList(method: string, field: string, list: unknown): asserts list is readonly unknown[] {
  check(Array.isArray(list), { method, field, rule: 'is no array' }, list);
  check(list.length > 0, { method, field, rule: 'empty; a request has at least one object or key' });
}

/** Checks that an argument is an object with no other fields than these. */
export function checkFields(method: string, field: string, fields: unknown, known: readonly string[]): void {
  // The value stays out: what is passed in its place may be a key or a URL with a password.
  check(kindOf(fields) === 'an object', { method, field, rule: `is ${kindOf(fields)}, not an object` });
  const unknown = Object.keys(fields as object).find((name) => !known.includes(name));
  const rule = `no such option; there are ${known.join(', ')}`;
  check(unknown === undefined, { method, field: unknown ?? field, rule });
}

/** Checks that a change has a verb. There may be millions of them, so one that is right costs no text. */
export function checkItem(method: string, item: unknown, index: number): void {
  const isObject = typeof item === 'object' && item !== null;
  const verb = isObject ? (item as { readonly verb?: unknown }).verb : undefined;
  if (verbs.has(verb)) return;
  const field = `items[${index}]`;
  check(isObject, { method, field, index, rule: 'is no object with verb and subject' }, item);
  const rule = `is none of ${[...verbs].join(', ')}`;
  check(false, { method, field: `${field}.verb`, index, rule }, verb);
}

/** Checks a list of changes. */
export function checkItems(method: string, items: unknown): void {
  checkList(method, 'items', items);
  items.forEach((item, index) => {
    checkItem(method, item, index);
  });
}

/** Checks the keys of a query: they can be written as what they are. */
export function checkKeys(method: string, keys: readonly unknown[], verb: 'get' | 'accept' = 'get'): void {
  for (const [index, subject] of keys.entries()) {
    const fault = unsendable({ verb, subject });
    if (fault === undefined) continue;
    const { attr, reason = 'cannot be written' } = fault;
    const field = `keys[${index}]${attr === undefined ? '' : `.${attr.attrName}`}`;
    const value = attr === undefined || attr.attrVal === '' ? undefined : shown(attr.attrVal);
    throw new WrongUseError({ method, field, index, value, rule: reason });
  }
}

/** Checks what narrows a query of offers. */
export function checkOfferFilter(method: string, filter: unknown): void {
  checkFields(method, 'filter', filter, ['offeredBy', 'offeredTo', 'status', 'keys']);
  const { status, keys = [], ...organizations } = filter as Record<string, unknown>;
  for (const [field, value] of Object.entries(organizations)) {
    const isOrganizations = value === undefined || (isTextOrTexts(value) && [value].flat().every(isXmlText));
    check(isOrganizations, { method, field, rule: 'is neither an organization nor a list of them' }, value);
  }
  const isStatus = status === undefined || (offerStatuses as readonly unknown[]).includes(status);
  check(isStatus, { method, field: 'status', rule: `is none of ${offerStatuses.join(', ')}` }, status);
  check(Array.isArray(keys), { method, field: 'keys', rule: 'is no array' }, keys);
  checkKeys(method, keys, 'accept');
}

/** Checks where a bulk reads its items, and how it sends them. */
export function checkBulk(method: string, items: unknown, options: unknown): void {
  const source = Object(items) as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
  const isIterable = [source[Symbol.asyncIterator], source[Symbol.iterator]].some((each) => typeof each === 'function');
  check(isIterable, { method, field: 'items', rule: 'is neither an iterable nor an async iterable' }, items);
  const known = ['perRequest', 'atOnce', 'from', 'transId', 'patience', 'signal', 'onThrottled'];
  checkFields(method, 'options', options, known);
  const given = options as Record<string, unknown>;
  checkWhole(method, 'perRequest', given.perRequest, 1);
  checkWhole(method, 'atOnce', given.atOnce, 1);
  checkFunction(method, 'transId', given.transId);
  checkRequestOptions(method, given);
}

/** Checks how one request of a bulk is sent. */
export function checkBulkRequest(method: string, items: unknown, options: unknown): void {
  checkItems(method, items);
  const known = ['clientTransId', 'mayHaveBeenSent', 'sentBefore', 'from', 'patience', 'signal', 'onThrottled'];
  checkFields(method, 'options', options, known);
  const given = options as Record<string, unknown>;
  checkTransId(method, given.clientTransId);
  const isTime = given.sentBefore === undefined || Number.isFinite(given.sentBefore);
  check(isTime, { method, field: 'sentBefore', rule: 'is no time as performance.now() has it' }, given.sentBefore);
  checkRequestOptions(method, given);
}

/** Checks the id of a request, so that its outcome can be asked for by it. */
export function checkTransId(method: string, id: unknown): void {
  const isId = typeof id === 'string' && readText(transId, id) === id && isXmlText(id);
  const rule = 'is not 3 to 120 characters that XML can hold, without blanks around them';
  check(isId, { method, field: 'clientTransId', rule }, id);
}

/** Checks a number of milliseconds. */
export function checkMilliseconds(method: string, field: string, value: unknown, least: number): void {
  const isTime = value === undefined || (typeof value === 'number' && value >= least && value <= MAX_MILLISECONDS);
  check(isTime, { method, field, rule: `is no number of milliseconds from ${least} to ${MAX_MILLISECONDS}` }, value);
}

/** Checks where a GET goes. */
export function checkTarget(method: string, path: unknown, query: unknown): void {
  check(
    typeof path === 'string' && path.startsWith('/'),
    { method, field: 'path', rule: 'does not begin with /' },
    path,
  );
  const isObject = typeof query === 'object' && query !== null && !Array.isArray(query);
  check(isObject, { method, field: 'query', rule: 'is no object' }, query);
  for (const [name, value] of Object.entries(query)) {
    const isParameter = value === undefined || isTextOrTexts(value);
    check(isParameter, { method, field: `query.${name}`, rule: 'is neither a text nor a list of texts' }, value);
  }
}

/** Checks what `events` is asked for. The server checks the values. */
export function checkEventOptions(method: string, options: object): void {
  checkFields(method, 'options', options, ['consumer', 'after', 'types', 'limit', 'follow', 'signal']);
  const { types, signal } = options as Record<string, unknown>;
  const isList = types === undefined || (Array.isArray(types) && types.every((type) => typeof type === 'string'));
  check(isList, { method, field: 'types', rule: 'is no list of texts' }, types);
  checkSignal(method, signal);
}

/** Checks an acknowledgement. The server checks the values. */
export function checkEventAck(method: string, ack: object): void {
  checkFields(method, 'ack', ack, ['consumer', 'position', 'back']);
  const { position } = ack as Record<string, unknown>;
  check(position !== undefined, { method, field: 'position', rule: 'missing' });
}

function checkSignal(method: string, signal: unknown): void {
  const { addEventListener } = Object(signal) as { readonly addEventListener?: unknown };
  const isSignal = signal === undefined || typeof addEventListener === 'function';
  check(isSignal, { method, field: 'signal', rule: 'is no AbortSignal' }, signal);
}

function checkRequestOptions(method: string, { from, patience, signal, onThrottled }: Record<string, unknown>): void {
  checkWhole(method, 'from', from, 0);
  checkMilliseconds(method, 'patience', patience, 0);
  checkFunction(method, 'onThrottled', onThrottled);
  checkSignal(method, signal);
}

function checkWhole(method: string, field: string, value: unknown, least: number): void {
  const isWhole = value === undefined || (Number.isSafeInteger(value) && (value as number) >= least);
  check(isWhole, { method, field, rule: `is no whole number from ${least}` }, value);
}

function checkFunction(method: string, field: string, value: unknown): void {
  check(value === undefined || typeof value === 'function', { method, field, rule: 'is no function' }, value);
}

function isTextOrTexts(value: unknown): value is string | readonly string[] {
  return [value].flat().every((each) => typeof each === 'string');
}
