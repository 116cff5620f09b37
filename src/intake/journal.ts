import type { Pool } from 'pg';
import type { ClientDisconnectedError } from '../operations/client-disconnected.js';
import type { Executed } from '../operations/execute.js';
import { journalled, type RequestOutcome } from '../operations/outcome.js';
import { type Outcome, type Received, recordRequest } from '../registry/journal/journal.js';
import type { Admission, Intake, IntakeRequest, Progress } from './request.js';

/**
 * Journals a request that was carried out, unless its row went with its commit, and gives its place to the next large
 * request. Throws what the database throws; nobody will have the answer then.
 */
export async function journalExecuted(
  { outcome, content, isJournalled, leave }: Executed,
  received: Received,
  pool: Pool,
  clock: () => Date,
): Promise<void> {
  try {
    if (!isJournalled) await recordRequest(pool, received, journalled(outcome, clock()));
  } catch (error) {
    content.held?.drop();
    throw error;
  } finally {
    leave();
  }
}

/** Journals a request that was refused in SPPP. Without a database there is no journal, but the client is answered. */
export function journalRefused(
  outcome: RequestOutcome,
  received: Received,
  pool: Pool,
  { log }: IntakeRequest<unknown>,
  { clock }: Intake,
): Promise<void> {
  return recordOrLog(pool, received, journalled(outcome, clock()), log, 'refusal not journalled');
}

/** Journals a request that was abandoned because its client has disconnected. */
export function journalDisconnected(
  { message }: ClientDisconnectedError,
  received: Received,
  { caller, log }: IntakeRequest<unknown>,
  { pool, clock }: Intake,
): Promise<void> {
  const outcome = { ...nothing, code: undefined, message, answeredAt: clock() };
  return recordOrLog(pool.reserved(caller.registrarId), received, outcome, log, 'request given up and not journalled');
}

/** Journals a request that was no message, or not to its end, and so is answered without SPPP. */
export async function journalUnread(
  error: unknown,
  progress: Progress,
  { serverTransId, receivedAt }: Admission,
  request: IntakeRequest<unknown>,
  { pool, clock }: Intake,
): Promise<void> {
  const { caller, mode, address: remoteAddress, userAgent, log } = request;
  const { registrarId, credentialId, certificate } = caller;
  const { status, reason } = request.refusalOf(error);
  progress.refusedWith = status;
  const received: Received = {
    ...{ serverTransId, clientTransId: undefined, operation: undefined, mode, receivedAt },
    ...{ registrarId, credentialId, certificate, remoteAddress, userAgent, archived: progress.source?.archived },
  };
  const outcome = { ...nothing, code: undefined, httpStatus: status, message: reason, answeredAt: clock() };
  await recordOrLog(pool.of(registrarId), received, outcome, log, 'refusal not journalled');
}

const nothing = { objects: 0, failed: 0, codes: new Map<number, number>(), failedObjects: [], committed: false };

async function recordOrLog(
  pool: Pool,
  received: Received,
  outcome: Outcome,
  log: IntakeRequest<unknown>['log'],
  failure: string,
): Promise<void> {
  try {
    await recordRequest(pool, received, outcome);
  } catch (error) {
    log.error({ err: error, serverTransId: received.serverTransId }, failure);
  }
}
