import type { ClientBase, Pool, PoolClient } from 'pg';
import type { Caller } from '../authority/caller.js';
import { mayRead, readableFor } from '../authority/may.js';
import type { Key } from '../model/key.js';
import { type Noun, nounOf } from '../model/noun.js';
import { objectOrder } from '../model/object-order.js';
import { cancelWhen } from '../registry/connection/cancel-when.js';
import { READING_ALL } from '../registry/connection/session.js';
import { BEGIN_READING } from '../registry/connection/transaction.js';
import { type Listed, listKeys } from '../registry/rows/listed-keys.js';
import { found } from '../values/found.js';
import { READ_AT_ONCE, readObjects } from './get.js';
import { isOwnKey } from './keys.js';
import type { ListFilter } from './list-filter.js';

/** Characters of lines that are read at once, about. The first lines of each noun are few: objects may be large. */
const LINES_LENGTH = 262_144;
const FIRST_AT_ONCE = 32;

/**
 * Everything that the caller may read: what a Get of each key would answer, from one state of the registry, as lines of JSON
 * in the order of model/object-order. The first line says what the list is about, the last one that it is whole. Each item is
 * some lines. A reader that stops before the end calls return().
 *
 * @param unwanted cancels the statement that is under way
 */
export async function* listObjects(
  filter: ListFilter,
  caller: Caller,
  pool: Pool,
  at: Date,
  unwanted: AbortSignal,
): AsyncGenerator<string, void> {
  const db = await pool.connect();
  const stopCancelling = cancelWhen(unwanted, db);
  let isDone = false;
  try {
    await db.query(BEGIN_READING);
    await db.query(READING_ALL);
    yield* linesOf(filter, caller, db, at);
    await db.query('COMMIT');
    isDone = true;
  } finally {
    stopCancelling();
    db.release(!isDone);
  }
}

async function* linesOf(filter: ListFilter, caller: Caller, db: PoolClient, at: Date): AsyncGenerator<string, void> {
  const listed = objectOrder.flatMap((each) => {
    const kinds = each.kinds.filter((kind) => filter.kinds?.includes(kind) ?? true);
    return kinds.length === 0 ? [] : [listedOf({ ...each, kinds }, filter, caller)];
  });
  yield lineOf({
    list: 1,
    registrar: caller.registrar,
    at: at.toISOString(),
    kinds: listed.flatMap(({ kinds }) => kinds),
    rants: filter.rants,
    whole: Object.fromEntries(listed.map(({ noun }) => [noun, wholeOf(noun, filter, caller)])),
  });
  let objects = 0;
  for (const each of listed) {
    for await (const { count, text } of batchesOf(each, db, caller)) {
      objects += count;
      yield text;
    }
  }
  yield lineOf({ end: true, objects });
}

function listedOf({ noun, kinds }: (typeof objectOrder)[number], { rants }: ListFilter, caller: Caller): Listed {
  const own = readableFor(caller, noun, 'registrant', 'none');
  return { noun, kinds, own, peers: readableFor(caller, noun, 'recipient', 'accepted'), rants };
}

/** The registrants all of whose objects of a noun the caller may read. */
function wholeOf(noun: Noun, { rants = undefined }: ListFilter, caller: Caller): string[] {
  return caller.grants
    .registrants()
    .filter((rant) => (rants?.includes(rant) ?? true) && mayRead(caller, noun, rant) === undefined)
    .sort();
}

interface Batch {
  readonly count: number;
  readonly text: string;
}

async function* batchesOf(listed: Listed, db: ClientBase, caller: Caller): AsyncGenerator<Batch, void> {
  let atOnce = FIRST_AT_ONCE;
  for await (const keys of listKeys(db, listed, () => atOnce)) {
    const stored = await readObjects(keys, db, caller);
    let text = '';
    for (const [index, key] of keys.entries()) {
      const { object } = found(stored[index], 'an object whose key was listed');
      text += lineOf(isOwn(key, caller) ? object : { ...object, isShared: true });
    }
    yield { count: keys.length, text };
    const fitting = Math.round((keys.length * LINES_LENGTH) / text.length);
    atOnce = Math.max(Math.min(fitting, keys.length * 4, READ_AT_ONCE), 1);
  }
}

/** Whether the caller reads an object as the registrar of its registrant; others are shared with it. */
function isOwn(key: Key, caller: Caller): boolean {
  return isOwnKey(key)
    ? mayRead(caller, nounOf(key), key.rant) === undefined
    : mayRead(caller, 'SedGrpOffer', key.sedGrpKey.rant) === undefined;
}

function lineOf(content: object): string {
  return `${JSON.stringify(content)}\n`;
}
