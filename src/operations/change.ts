import type { Pool, PoolClient } from 'pg';
import type { Caller } from '../authority/caller.js';
import { closeJournal, type Outcome, openJournal, type Received } from '../registry/journal.js';
import type { Item } from '../sppp/message.js';
import { message, type Result, succeeded } from '../sppp/result.js';
import { acceptOffer } from './accept-offer.js';
import { add } from './add.js';
import { deleteByKey } from './delete.js';
import { rejectOffer } from './reject-offer.js';
import { runsOf } from './runs.js';
import type { Verdicts, Work } from './work.js';

/**
 * How a request ends (RFC 7878 §7.2 knows only the first): atomic stops at the first item that fails and undoes
 * everything; partial leaves out what fails and keeps the rest; validate is partial, undone whatever came out.
 */
export type Mode = 'atomic' | 'partial' | 'validate';

export interface Changed {
  readonly overall: Result;
  readonly verdicts: Verdicts;
  readonly objects: number;
  readonly failed: number;
  /** Whether the journal row went with the commit; otherwise nothing was written at all. */
  readonly committed: boolean;
}

/**
 * Carries out the items of a request in one database transaction, run by run in the order of the request, so that each
 * run sees what the earlier ones did. Throws what reading the items or the database throws; nothing is left of the
 * request then.
 */
export async function change(
  items: AsyncIterable<readonly Item[]>,
  caller: Caller,
  received: Received,
  pool: Pool,
  clock: () => Date,
): Promise<Changed> {
  const runs = runsOf(items);
  // A client that sends slowly holds no connection: a small request is read whole before one is taken.
  const first = await runs.next();
  const db = await pool.connect();
  try {
    await db.query('BEGIN');
    const transactionId = await openJournal(db, received);
    const work: Work = {
      db,
      caller,
      stamp: { transactionId, at: received.receivedAt },
      allOrNothing: received.mode === 'atomic',
    };
    const done = await performAll(first, runs, work);
    const changed = conclude(done, received.mode);
    if (changed.committed) {
      await closeJournal(db, transactionId, outcomeOf(changed, clock()));
      await db.query('COMMIT');
    } else {
      await db.query('ROLLBACK');
    }
    db.release();
    return changed;
  } catch (error) {
    await abandon(db);
    throw error;
  }
}

/** What the journal says of it. */
export function outcomeOf({ overall, objects, failed }: Changed, answeredAt: Date): Outcome {
  return { code: overall.code, message: message(overall), objects, failed, answeredAt };
}

interface Done {
  readonly verdicts: Verdicts[number][];
  objects: number;
  failed: number;
}

async function performAll(
  first: IteratorResult<Item[], void>,
  runs: AsyncGenerator<Item[], void>,
  work: Work,
): Promise<Done> {
  const done: Done = { verdicts: [], objects: 0, failed: 0 };
  let next = first;
  while (!next.done) {
    const run = next.value;
    // While the database works on this run, the next one is read.
    const following = runs.next();
    following.catch(() => undefined);
    done.objects += run.length;
    // After a failure that undoes all, the rest is only read: what breaks its form outranks the failure.
    const verdicts = work.allOrNothing && done.failed > 0 ? [] : await perform(run, work);
    for (const verdict of verdicts) {
      done.verdicts.push(verdict);
      if (verdict.result.code !== succeeded.code) done.failed += 1;
    }
    next = await following;
  }
  return done;
}

/** A run has one verb; the filters tell the types so. */
function perform(run: readonly Item[], work: Work): Promise<Verdicts> {
  const adds = run.filter((item) => item.verb === 'add');
  if (adds.length > 0) return add(adds, work);
  const deletes = run.filter((item) => item.verb === 'delete');
  if (deletes.length > 0) return deleteByKey(deletes, work);
  const accepts = run.filter((item) => item.verb === 'accept');
  if (accepts.length > 0) return acceptOffer(accepts, work);
  return rejectOffer(
    run.filter((item) => item.verb === 'reject'),
    work,
  );
}

function conclude({ verdicts, objects, failed }: Done, mode: Mode): Changed {
  const isFailure = ({ result }: Verdicts[number]) => result.code !== succeeded.code;
  if (failed === 0) return { overall: succeeded, verdicts, objects, failed, committed: mode !== 'validate' };
  if (mode === 'atomic') {
    const first = verdicts.find(isFailure);
    return { overall: { code: 2100 }, verdicts: first ? [first] : [], objects, failed: 1, committed: false };
  }
  const text = `Command invalid (partial success, ${objects - failed} of ${objects} applied)`;
  return { overall: { code: 2100, text }, verdicts, objects, failed, committed: mode === 'partial' };
}

/** Undoes what was begun and gives the connection back, or away if it is broken. */
async function abandon(db: PoolClient): Promise<void> {
  try {
    await db.query('ROLLBACK');
    db.release();
  } catch (error) {
    db.release(error instanceof Error ? error : true);
  }
}
