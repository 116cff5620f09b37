import { randomUUID } from 'node:crypto';
import type { ChangeItem } from '../client/change-item.js';
import type { Connection, Verdict } from '../client/connect.js';
import { MAX_BULK_WAIT_MS, Patience } from '../client/patience.js';
import { LostAnswerError, NotConnectedError } from '../client/sppp-error.js';
import { keyOf } from '../model/key-of.js';
import { type Conflict, type JudgedChanges, judgeChanges } from './judge-changes.js';
import type { Change, LosingKind } from './plan.js';
import { PlanFile } from './plan-file.js';
import type { TaskHooks } from './progress.js';
import { changesLeft, type Survey, type SurveyOptions, surveyPlan } from './survey-plan.js';

/** `perRequest`: of changes in one request, too. */
export type ApplyOptions = SurveyOptions;

export interface ApplyHooks extends TaskHooks {
  readonly signal: AbortSignal;
  /** Gets each change that the registry refused. */
  onFailure(change: Change, verdict: Verdict): void;
}

/** Changes by what became of them. */
interface Counts {
  /** In the plan. */
  readonly changes: number;
  readonly applied: number;
  /** The registry had them already. */
  readonly already: number;
  readonly failed: number;
}

/** Why a plan is not carried out, or not to its end. */
export type Refused =
  | { readonly why: 'deletions'; readonly losing: readonly LosingKind[] }
  | { readonly why: 'changed'; readonly conflicts: readonly Conflict[] };

export interface ApplyReport extends Counts {
  readonly refused?: Refused;
}

/** An error that ended an apply, with what had been done by then. */
export class ApplyStoppedError extends Error {
  override readonly name = 'ApplyStoppedError';

  constructor(
    cause: unknown,
    readonly report: ApplyReport,
  ) {
    super('the plan was not carried out to its end', { cause });
  }
}

/**
 * Carries out a plan: additions and changes in the order of lists, so that an object comes behind those that it names, then
 * deletions in the opposite order. Before anything is sent, and again right before each request, it asks the registry for what
 * the request is about. What the registry has already is not sent again. If an object is neither as it was when the plan was made
 * nor as it should become, nothing more is sent.
 *
 * Why it asks twice about what is not done yet. The first time decides before anything is sent: whether the whole plan still fits,
 * and whether the deletions that are left are too many. The second time closes the gap that has opened since, which is as long as
 * all requests before it take. A plan of one request has no such gap, and is asked about once.
 *
 * @throws OperatorError for a file that is no plan or one for another registry, SpppError if the registry cannot be asked at
 *   first, ApplyStoppedError if a request has no outcome
 */
export async function applyPlan(
  connection: Connection,
  options: ApplyOptions,
  hooks: ApplyHooks,
): Promise<ApplyReport> {
  const plan = await PlanFile.open(options.file);
  try {
    const survey = await surveyPlan(connection, plan, options, hooks);
    const { changes, already, conflicts, losing } = survey;
    const counts: Counts = { changes, already, applied: 0, failed: 0 };
    if (conflicts.length > 0) return { ...counts, refused: { why: 'changed', conflicts } };
    if (losing.length > 0) return { ...counts, refused: { why: 'deletions', losing } };
    return await sendAll(connection, plan, survey, options.perRequest, counts, hooks);
  } finally {
    await plan.close();
  }
}

async function sendAll(
  connection: Connection,
  plan: PlanFile,
  survey: Survey,
  perRequest: number,
  begun: Counts,
  hooks: ApplyHooks,
): Promise<ApplyReport> {
  const { signal, onFailure, onProgress } = hooks;
  const run = `apply-${randomUUID()}`;
  // One request is about all that was asked for just now.
  const isAsked = survey.changes <= perRequest;
  let counts = begun;
  let number = 0;
  const tell = () => {
    const { changes, already, applied, failed } = counts;
    const done = already + applied + failed;
    onProgress?.({ unit: 'changes', step: 'done', done, failed, share: changes === 0 ? 1 : done / changes });
  };
  try {
    tell();
    for await (const part of changesLeft(plan, survey, perRequest)) {
      signal.throwIfAborted();
      const { conflicts, toDo } = isAsked
        ? { conflicts: [], toDo: part }
        : await judgePatiently(connection, part, signal);
      if (conflicts.length > 0) return { ...counts, refused: { why: 'changed', conflicts } };
      counts = { ...counts, already: counts.already + part.length - toDo.length };
      const request = `${run}-${number++}`;
      const sending = { atOnce: 1, perRequest: toDo.length, transId: (first: number) => `${request}-${first}`, signal };
      if (toDo.length === 0) continue;
      for await (const { count, outcome } of connection.bulk(toDo.map(itemOf), sending)) {
        const { applied, verdicts } = outcome;
        counts = { ...counts, applied: counts.applied + applied, failed: counts.failed + count - applied };
        for (const { change, verdict } of failuresIn(verdicts, toDo)) onFailure(change, verdict);
      }
      tell();
    }
  } catch (error) {
    throw new ApplyStoppedError(error, counts);
  }
  return counts;
}

/** Asks as long as a request of changes would be sent again: a registry that starts anew is away for a while. */
async function judgePatiently(
  connection: Connection,
  part: readonly Change[],
  signal: AbortSignal,
): Promise<JudgedChanges> {
  const patience = new Patience({ most: MAX_BULK_WAIT_MS, signal });
  for (;;) {
    try {
      return await judgeChanges(connection, part);
    } catch (error) {
      if (!(error instanceof NotConnectedError || error instanceof LostAnswerError)) throw error;
      await patience.afterError(error);
    }
  }
}

function failuresIn(verdicts: readonly Verdict[], changes: readonly Change[]) {
  return verdicts.flatMap((verdict) => {
    const change = verdict.index === undefined ? undefined : changes[verdict.index];
    return verdict.code === 1000 || change === undefined ? [] : [{ change, verdict }];
  });
}

function itemOf(change: Change): ChangeItem {
  return change.do === 'delete' ? { verb: 'delete', subject: keyOf(change.from) } : { verb: 'add', subject: change.to };
}
