import type { ClientBase, Pool } from 'pg';
import type { Caller } from '../authority/caller.js';
import { identityOf } from '../objects/identity.js';
import type { Obj } from '../objects/obj.js';
import { giveUpWhen } from '../registry/give-up.js';
import type { Received } from '../registry/journal.js';
import type { GetItem, Head, Item } from '../sppp/message.js';
import { type Result, succeeded } from '../sppp/result.js';
import { expectClient } from './client-gone.js';
import { getByKey } from './get.js';
import { getOffers } from './get-offers.js';
import { runsOf } from './runs.js';

export interface Queried {
  readonly overall: Result;
  readonly resultObjs: readonly Obj[];
  readonly objects: number;
  /** The key that the result is about, if that is no success. */
  readonly refused?: GetItem;
}

/**
 * Answers a Get or Get SED Group Offers from one state of the registry. Throws what reading the items or the database
 * throws, and ClientGone if nobody waits for it any more.
 */
export async function query(
  head: Head,
  items: AsyncIterable<readonly Item[]>,
  caller: Caller,
  { gone }: Pick<Received, 'gone'>,
  pool: Pool,
): Promise<Queried> {
  // Read whole before a connection is taken: a client that sends slowly holds none.
  const runs: GetItem[][] = [];
  for await (const run of runsOf(items)) runs.push(run.filter((item) => item.verb === 'get'));
  const objects = runs.reduce((count, run) => count + run.length, 0);
  const db = await pool.connect();
  const holdOn = giveUpWhen(gone, db);
  try {
    await db.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const got =
      head.rule.operation === 'submitGetSedGrpOffersRqst'
        ? await getOffers(head, runs.flat(), db, caller)
        : await getAll(runs, db, caller, gone);
    await db.query('COMMIT');
    holdOn();
    expectClient(gone);
    db.release();
    if (Array.isArray(got)) return { overall: succeeded, resultObjs: got, objects };
    const refused = runs.flat().find(({ index }) => index + 1 === got.object);
    return { overall: got, resultObjs: [], objects, ...(refused === undefined ? {} : { refused }) };
  } catch (error) {
    holdOn();
    db.release(true);
    expectClient(gone);
    throw error;
  }
}

/** Each object once, in the order of the keys; the first refusal instead. */
async function getAll(
  runs: readonly (readonly GetItem[])[],
  db: ClientBase,
  caller: Caller,
  gone: AbortSignal | undefined,
): Promise<Obj[] | Result> {
  const objs = new Map<string, Obj>();
  for (const run of runs) {
    expectClient(gone);
    const got = await getByKey(run, db, caller);
    if (!Array.isArray(got)) return got;
    for (const obj of got) objs.set(identityOf(obj), obj);
  }
  return [...objs.values()];
}
