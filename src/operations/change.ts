import type { Pool, PoolClient } from 'pg';
import type { Caller } from '../authority/caller.js';
import type { CorRules } from '../model/cor-rules.js';
import { nounOf } from '../model/noun.js';
import { cancelWhen } from '../registry/connection/cancel-when.js';
import { isConflict } from '../registry/connection/database-error.js';
import { queriesAfter } from '../registry/connection/queries-after.js';
import { undo } from '../registry/connection/transaction.js';
import { closeJournals, isJournalled, type Outcome, openJournals, type Received } from '../registry/journal/journal.js';
import { RowIds } from '../registry/rows/row-ids.js';
import type { Item } from '../sppp/message.js';
import { message, type Result, succeeded } from '../sppp/result.js';
import { found } from '../values/found.js';
import type { OwnItem } from './add-rules.js';
import { changeObjects } from './change-objects.js';
import { ClientDisconnected, throwIfDisconnected } from './client-disconnected.js';
import { Details } from './details.js';
import { changeOffers, isOfferItem } from './offers.js';
import { References } from './references.js';
import type { RequestRuns } from './request-runs.js';
import type { RunContext, RunDetails } from './run-context.js';
import { scheduleRuns } from './schedule-runs.js';
import type { Unread } from './unread-answers.js';

/**
 * How a request ends (RFC 7878 §7.2 knows only the first): atomic stops at the first item that fails and undoes
 * everything; partial leaves out what fails and keeps the rest; validate is partial, undone whatever came out.
 */
export type Mode = 'atomic' | 'partial' | 'validate';

export interface Changed {
  readonly overall: Result;
  readonly details: Details;
  readonly objects: number;
  /** Whether something of what it asked for stays. */
  readonly committed: boolean;
  /** Whether the journal row went with a commit; otherwise nothing was written at all. */
  readonly isJournalled: boolean;
}

/** What a change is made with. */
export interface ChangeMeans {
  readonly pool: Pool;
  readonly clock: () => Date;
  readonly corRules: CorRules;
  /** What the answers to it are counted in. */
  readonly unread: Unread;
}

/** How often a request is begun again that another stood in the way of. */
const ATTEMPTS = 5;

/**
 * Carries out the runs of a request in one database transaction, in the order of the request, so that each sees what the
 * earlier ones did. A request that got into another's way is carried out again, as long as it has its beginning. Throws
 * what reading the items or the database throws, ClientGone, or RequestRefusal if its details would hold too much; nothing
 * is left of the request then.
 */
export async function change(
  runs: RequestRuns,
  caller: Caller,
  received: Received,
  { pool, clock, corRules, unread }: ChangeMeans,
): Promise<Changed> {
  for (let attempt = 1; ; attempt++) {
    const details = new Details(received, unread);
    try {
      return await inTransaction(pool, received, async (db) => {
        const ids = await openJournals(db, [received]);
        const stamp = { transactionId: found(ids[0], 'the row id of the journal row'), at: received.receivedAt };
        const work = { db, caller, stamp, corRules, rowIds: new RowIds(!runs.isWhole) };
        const objects = await performAll(runs, received, work, details);
        const changed = conclude(details, objects, received.mode);
        if (changed.committed) await closeJournals(db, ids, [received], [outcomeOf(changed, clock())]);
        return { result: changed, commit: changed.committed };
      });
    } catch (error) {
      details.drop();
      if (!runs.hasBeginning || attempt === ATTEMPTS || !isConflict(error)) throw error;
    }
  }
}

/** What the journal says of it. */
export function outcomeOf({ overall, details, objects, committed }: Changed, answeredAt: Date): Outcome {
  const { count, codes, kept } = details.failures;
  const counts = { objects, failed: count, codes, failedObjects: kept };
  return { code: overall.code, message: message(overall), ...counts, committed, answeredAt };
}

/** What the details of its items make of a request. */
export function conclude(details: Details, objects: number, mode: Mode): Changed {
  const failed = details.failures.count;
  const ends = (overall: Result, committed: boolean): Changed => ({
    ...{ overall, details, objects, committed },
    isJournalled: committed,
  });
  if (failed === 0) return ends(succeeded, mode !== 'validate');
  if (mode === 'atomic') return ends({ code: 2100 }, false);
  const text = `Command invalid (partial success, ${objects - failed} of ${objects} applied)`;
  return ends({ code: 2100, text }, mode === 'partial' && failed < objects);
}

/**
 * Does work in a transaction and ends it as the work says. Whatever is thrown undoes it; a connection that cannot be
 * rolled back is given up. If the connection breaks while the commit is under way, the journal tells what came of it.
 * Until the commit begins, it is given up if nobody waits for it any more.
 *
 * @param received the request, or one of them, whose journal row goes with the commit
 * @throws ClientGone if nobody waits for it
 */
export async function inTransaction<T>(
  pool: Pool,
  { serverTransId, disconnected }: Pick<Received, 'serverTransId' | 'disconnected'>,
  work: (db: PoolClient) => Promise<{ readonly result: T; readonly commit: boolean }>,
): Promise<T> {
  const db = await pool.connect();
  const holdOn = cancelWhen(disconnected, db);
  let inDoubt: { readonly result: T } | undefined;
  try {
    await db.query('BEGIN');
    const done = await work(db);
    holdOn();
    throwIfDisconnected(disconnected);
    if (done.commit) inDoubt = done;
    await db.query(done.commit ? 'COMMIT' : 'ROLLBACK');
    db.release();
    return done.result;
  } catch (error) {
    holdOn();
    if (disconnected?.aborted && inDoubt === undefined) {
      db.release(true); // What cancels a statement may be on its way yet.
      throw new ClientDisconnected();
    }
    await undo(db);
    if (inDoubt !== undefined && (await isJournalled(pool, serverTransId))) return inDoubt.result;
    throw error;
  }
}

/**
 * Performs runs in their order, and tells how many objects they had. While the database works on one, the next one is
 * prepared, and the one after that is read. What is said of a part is added to the details as soon as all of it is done:
 * parts are in the order of the request, their runs need not be.
 */
async function performAll(
  runs: RequestRuns,
  { mode, disconnected }: Pick<Received, 'mode' | 'disconnected'>,
  request: Omit<RunContext, 'known'>,
  details: Details,
): Promise<number> {
  let objects = 0;
  let failed = false;
  let known = new References();
  let underWay: Promise<RunDetails> = Promise.resolve([]);
  let said: RunDetails[number][] = [];
  const finish = async () => {
    for (const verdict of await underWay) {
      said.push(verdict);
      failed ||= verdict.result.code !== succeeded.code;
    }
  };
  const tell = async () => {
    const part = said.sort((a, b) => a.index - b.index);
    said = [];
    await details.add(part);
  };
  try {
    for await (const part of scheduleRuns(runs.fromStart())) {
      throwIfDisconnected(disconnected);
      for (const run of part) objects += run.length;
      // After a failure that undoes all, the rest is only read: what breaks its form outranks the failure.
      if (mode === 'atomic' && failed) continue;
      for (const run of part) {
        const next = perform(run, { ...request, db: queriesAfter(underWay, request.db), known });
        next.catch(() => undefined); // It is waited for below.
        await finish();
        underWay = next;
        if (run === part[0]) await tell();
        if (known.isFull || deletesReferred(run)) known = new References();
      }
    }
    await finish();
    await tell();
  } finally {
    // Nothing may follow the end of the transaction.
    await underWay.catch(() => undefined);
  }
  return objects;
}

function deletesReferred(run: readonly Item[]): boolean {
  return run[0] !== undefined && nounOf(run[0].subject) !== 'PubId' && run.some(({ verb }) => verb === 'delete');
}

/** Carries out a run, all of whose items are of one noun. */
export function perform(run: readonly Item[], work: RunContext): Promise<RunDetails> {
  if (run.every(isOwnItem)) return changeObjects(run, work);
  if (run.every(isOfferItem)) return changeOffers(run, work);
  throw new Error('a run of several nouns, or one that changes nothing');
}

function isOwnItem(item: Item): item is OwnItem {
  return (item.verb === 'add' || item.verb === 'delete') && nounOf(item.subject) !== 'SedGrpOffer';
}
