import type { Pool } from 'pg';
import type { Caller } from '../authority/caller.js';
import type { CorRules } from '../model/cor-rules.js';
import { nounOf } from '../model/noun.js';
import { isConflict } from '../registry/connection/database-error.js';
import { queriesAfter } from '../registry/connection/queries-after.js';
import type { CommitInquiry } from '../registry/journal/commit-inquiry.js';
import type { Received } from '../registry/journal/journal.js';
import { OpenJournals } from '../registry/journal/open-journals.js';
import { RowIds } from '../registry/rows/row-ids.js';
import type { Stamp } from '../registry/rows/stamp.js';
import type { Head, Item } from '../sppp/message.js';
import { succeeded } from '../sppp/result.js';
import { found } from '../values/found.js';
import type { OwnItem } from './add-rules.js';
import { Attempts, type ReadAgain } from './attempts.js';
import { changeObjects } from './change-objects.js';
import { throwIfDisconnected } from './client-disconnected.js';
import { Details, type DetailsOf } from './details.js';
import { changeOffers, isOfferItem } from './offers.js';
import { changeOutcome, journalled, type RequestOutcome } from './outcome.js';
import { References } from './references.js';
import type { RequestRuns } from './request-runs.js';
import { inTransaction } from './request-transaction.js';
import type { RunDetails, RunStart } from './run-context.js';
import { scheduleRuns } from './schedule-runs.js';
import type { UnreadAnswers } from './unread-answers.js';

/** A change that has been carried out. */
export interface Changed {
  readonly outcome: RequestOutcome;
  readonly details: Details;
  /** Whether the journal row went with a commit; otherwise nothing was written at all. */
  readonly isJournalled: boolean;
}

/** The request that a change belongs to. */
export interface ChangeRequest {
  readonly head: Pick<Head, 'rule'>;
  readonly caller: Caller;
  readonly received: Received;
}

/** What a change is made with. */
export interface ChangeMeans {
  readonly pool: Pool;
  readonly commitInquiry: Pick<CommitInquiry, 'wasDone'>;
  readonly clock: () => Date;
  readonly corRules: CorRules;
  /** Where its answer is counted. */
  readonly unreadAnswers: UnreadAnswers;
}

/**
 * Carries out the runs of a request in one database transaction, in the order of the request, so that each sees what the
 * earlier ones did. If the request conflicts with another one, it is carried out again, as long as its beginning is still
 * at hand (`attempts`).
 *
 * @param large of a request that had not been read to its end when it began: how it is read again
 * @throws RequestRefusedError if its details would hold too much, ClientDisconnectedError if its client has gone, and what reading
 * the items or the database throws. Nothing is left of the request then. CommitInDoubtError if that is not known
 */
export async function change(
  runs: RequestRuns,
  request: ChangeRequest,
  means: ChangeMeans,
  large?: { readonly readAgain: ReadAgain | undefined },
): Promise<Changed> {
  const { caller, received } = request;
  const { pool, commitInquiry, clock, corRules, unreadAnswers } = means;
  const attempts = new Attempts(runs, large);
  for (;;) {
    const details = new Details(detailsOf(request), unreadAnswers);
    try {
      return await inTransaction({ pool, commitInquiry }, received, async (db) => {
        attempts.begin(db);
        const journals = new OpenJournals(db, [received]);
        const stamp = stampOf(journals.ids, received.receivedAt);
        stamp.catch(() => undefined); // What waits for it is rejected, or the work has failed before.
        const context = { db, caller, stamp, corRules, rowIds: new RowIds(!attempts.runs.isWhole) };
        const objects = await performAll(attempts.runs, received, context, details);
        const outcome = changeOutcome(details.failures, objects, received.mode);
        const isJournalled = outcome.committed;
        if (isJournalled) await journals.close([journalled(outcome, clock())]);
        else journals.drop();
        return { result: { outcome, details, isJournalled }, commit: isJournalled };
      });
    } catch (error) {
      details.drop();
      if (!isConflict(error) || !(await attempts.next())) throw error;
    }
  }
}

/** What rows are marked with, once the journal rows are open. */
export async function stampOf(journalIds: Promise<readonly number[]>, at: Date): Promise<Stamp> {
  const [id] = await journalIds;
  return { transactionId: found(id, 'the row id of the journal row'), at };
}

/** The request that the details of an answer belong to. */
export function detailsOf({ head: { rule }, caller: { registrarId }, received: { mode } }: ChangeRequest): DetailsOf {
  return { rule, mode, registrarId };
}

/**
 * Performs runs in their order and returns how many objects they had. While the database works on one, the next one is
 * judged and made ready up to its first query, and the one after that is read. The details of a part are added as soon as
 * all of it is done: parts are in the order of the request, their runs need not be.
 */
async function performAll(
  runs: RequestRuns,
  { mode, disconnected }: Pick<Received, 'mode' | 'disconnected'>,
  context: Omit<RunStart, 'known'>,
  details: Details,
): Promise<number> {
  let objects = 0;
  let failed = false;
  let known = new References();
  let underWay: Promise<RunDetails> = Promise.resolve([]);
  let written = Promise.resolve();
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
        const next = performAfter(underWay, run, { ...context, known });
        next.catch(() => undefined); // It is waited for below.
        await finish();
        underWay = next;
        // Statements that nobody waits for must not pile up.
        await written;
        written = context.db.answered();
        written.catch(() => undefined); // So is this.
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

/** Carries out a run after another one. It ends when both have asked for all of their statements. */
async function performAfter(before: Promise<unknown>, run: readonly Item[], context: RunStart): Promise<RunDetails> {
  const details = await perform(run, { ...context, db: queriesAfter(before, context.db) });
  await before;
  return details;
}

/** Carries out a run, all of whose items are of one noun. */
export function perform(run: readonly Item[], context: RunStart): Promise<RunDetails> {
  if (run.every(isOwnItem)) return changeObjects(run, context);
  if (run.every(isOfferItem)) return changeOffers(run, context);
  throw new Error('a run has several nouns, or changes nothing');
}

function isOwnItem(item: Item): item is OwnItem {
  return (item.verb === 'add' || item.verb === 'delete') && nounOf(item.subject) !== 'SedGrpOffer';
}
