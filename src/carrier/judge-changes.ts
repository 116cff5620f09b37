import type { Connection } from '../client/connect.js';
import { WholeRequestError } from '../client/sppp-error.js';
import { type Difference, differencesBetween } from '../forms/differences.js';
import { keyText } from '../forms/key-text.js';
import type { Key } from '../model/key.js';
import { keyOf } from '../model/key-of.js';
import type { Obj } from '../model/obj.js';
import { orderTextOf } from '../model/object-order.js';
import type { Change } from './plan.js';

/** An object that is neither as it was when the plan was made nor as it should become. */
export interface Conflict {
  readonly key: string;
  readonly do: Change['do'];
  /** What is different now. */
  readonly reason: string;
}

export interface JudgedChanges {
  readonly conflicts: readonly Conflict[];
  /** Those that the registry does not have already. */
  readonly toDo: readonly Change[];
}

/** The code of a request with more keys than the server takes (RFC 7878 §7.3). */
const TOO_MANY = 2001;

/** Conflicts that are told of one request. */
const MAX_TOLD = 100;

/**
 * Compares the objects of some changes with what the registry has of them now.
 *
 * @throws SpppError if it cannot be asked
 */
export async function judgeChanges(connection: Connection, changes: readonly Change[]): Promise<JudgedChanges> {
  const now = await objectsNow(connection, changes);
  const conflicts: Conflict[] = [];
  const toDo: Change[] = [];
  for (const change of changes) {
    const object = change.do === 'delete' ? change.from : change.to;
    const judged = judge(change, now.get(orderTextOf(object)));
    if (judged === 'to do') toDo.push(change);
    else if (judged !== 'done' && conflicts.length < MAX_TOLD) {
      conflicts.push({ key: keyText(keyOf(object)), do: change.do, reason: judged.reason });
    }
  }
  return { conflicts, toDo };
}

async function objectsNow(connection: Connection, changes: readonly Change[]): Promise<ReadonlyMap<string, Obj>> {
  const keys = changes.map((change) => keyOf(change.do === 'delete' ? change.from : change.to));
  const objects = await found(connection, keys);
  return new Map(objects.map((object) => [orderTextOf(object), object]));
}

/** The objects of keys, in as many requests as the server needs. */
async function found(connection: Connection, keys: readonly Key[]): Promise<readonly Obj[]> {
  try {
    const { code, message, objects } = await connection.get(keys);
    if (code === 1000) return objects;
    throw new WholeRequestError(`Get of what the plan is about: ${code} ${message}`, code);
  } catch (error) {
    if (!(error instanceof WholeRequestError && error.code === TOO_MANY && keys.length > 1)) throw error;
  }
  const half = Math.ceil(keys.length / 2);
  return [...(await found(connection, keys.slice(0, half))), ...(await found(connection, keys.slice(half)))];
}

function judge(change: Change, now: Obj | undefined): 'to do' | 'done' | { readonly reason: string } {
  switch (change.do) {
    case 'add':
      if (now === undefined) return 'to do';
      return isSame(now, change.to) ? 'done' : { reason: 'it exists by now, and is another one' };
    case 'delete':
      if (now === undefined) return 'done';
      return isSame(now, change.from) ? 'to do' : { reason: changed(change.from, now) };
    case 'change':
      if (now === undefined) return { reason: 'it does not exist any more' };
      if (isSame(now, change.to)) return 'done';
      return isSame(now, change.from) ? 'to do' : { reason: changed(change.from, now) };
  }
}

function isSame(a: Obj, b: Obj): boolean {
  return differencesBetween(a, b).length === 0;
}

function changed(before: Obj, now: Obj): string {
  return `it has changed: ${differencesBetween(before, now).map(differenceText).join('; ')}`;
}

/** A difference in one line. */
export function differenceText({ name, from, to }: Difference): string {
  return `${name}: ${valueText(from)} → ${valueText(to)}`;
}

function valueText(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '(none)';
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value.join(';');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
