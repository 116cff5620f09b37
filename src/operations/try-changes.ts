import type { ClientBase } from 'pg';
import { isConflict, isLockTimeout } from '../registry/connection/database-error.js';
import { OpenJournals } from '../registry/journal/open-journals.js';
import { RowIds } from '../registry/rows/row-ids.js';
import type { Detail, Item } from '../sppp/message.js';
import { succeeded } from '../sppp/result.js';
import { type ChangeMeans, type ChangeRequest, perform, stampOf } from './change.js';
import { References } from './references.js';
import { inTransaction } from './request-transaction.js';

/** What was asked before and after changes that were tried. */
export interface Tried<Answer> {
  readonly before: Answer;
  /** Undefined if one of the changes was refused. */
  readonly after: Answer | undefined;
  readonly refused: readonly Detail[];
}

/** Milliseconds for a lock: real changes go first. */
const LOCK_MS = 5000;

/** Changes of others were in the way for too long. Nothing was done; it may be tried again. */
export class TrialBlockedError extends Error {
  override readonly name = 'TrialBlockedError';

  constructor(cause: unknown) {
    super('a change of the same objects is under way', { cause });
  }
}

/**
 * Carries out changes one after the other by the rules of every request, asks something before and after them in their
 * transaction, and undoes it: there is no journal row, no event, and nothing that a cache or a feed could see.
 *
 * @param ask is handed the connection of the transaction, and must not change anything
 * @throws TrialBlockedError, ClientDisconnectedError, and what `ask` and the database throw
 */
export async function tryChanges<Answer>(
  items: readonly Item[],
  { caller, received }: Pick<ChangeRequest, 'caller' | 'received'>,
  { pool, commitInquiry, corRules }: Pick<ChangeMeans, 'pool' | 'commitInquiry' | 'corRules'>,
  ask: (db: ClientBase) => Promise<Answer>,
): Promise<Tried<Answer>> {
  const asked = inTransaction({ pool, commitInquiry }, received, async (db) => {
    const before = await ask(db);
    const journals = new OpenJournals(db, [received], LOCK_MS);
    const stamp = stampOf(journals.ids, received.receivedAt);
    stamp.catch(() => undefined); // What waits for it is rejected.
    const context = { db, caller, stamp, corRules, rowIds: new RowIds(false) };
    const refused: Detail[] = [];
    for (const item of items) {
      const details = await perform([item], { ...context, known: new References() });
      refused.push(...details.filter(({ result }) => result.code !== succeeded.code));
    }
    const after = refused.length === 0 ? await ask(db) : undefined;
    journals.drop();
    return { result: { before, after, refused }, commit: false };
  });
  return asked.catch((error: unknown) => {
    throw isConflict(error) || isLockTimeout(error) ? new TrialBlockedError(error) : error;
  });
}
