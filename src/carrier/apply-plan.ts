import { randomUUID } from 'node:crypto';
import type { ChangeItem } from '../client/change-item.js';
import type { Connection, StopSignal, Verdict } from '../client/connect.js';
import { keyOf } from '../model/key-of.js';
import { objKinds } from '../model/object-order.js';
import { OperatorError } from '../operator-error.js';
import { type Conflict, judgeChanges } from './judge-changes.js';
import { type Change, changesIn, kindOf, kindsLosing, noneOfKind, PlanCounter, type PlanCounts } from './plan.js';
import { readPlan } from './plan-file.js';

export interface ApplyOptions {
  readonly file: string;
  /** Of the registry, which has to be the one that the plan was made for. */
  readonly url: string;
  /** Changes in one request. */
  readonly perRequest: number;
  /** The part of the objects of a kind, in percent, that may be deleted; undefined: all of them. */
  readonly maxDeletions: number | undefined;
}

export interface ApplyHooks {
  readonly signal: StopSignal;
  /** Gets each change that the registry refused. */
  onFailure(change: Change, verdict: Verdict): void;
  onProgress(progress: ApplyProgress): void;
}

/** Changes by what became of them. */
export interface ApplyProgress {
  /** In the plan. */
  readonly changes: number;
  readonly applied: number;
  /** The registry had them already. */
  readonly already: number;
  readonly failed: number;
}

/** Why a plan is not carried out, or not to its end. */
export type Refused =
  | {
      readonly why: 'deletions';
      readonly losing: readonly { readonly kind: string; readonly now: number; readonly delete: number }[];
    }
  | { readonly why: 'changed'; readonly conflicts: readonly Conflict[] };

export interface ApplyReport extends ApplyProgress {
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
 * @throws OperatorError for a file that is no plan or one for another registry, ApplyStoppedError if a request has no outcome
 */
export async function applyPlan(
  connection: Connection,
  options: ApplyOptions,
  hooks: ApplyHooks,
): Promise<ApplyReport> {
  const { planned, counts } = await countsIn(options);
  const changes = changesIn(planned);
  let progress: ApplyProgress = { changes, applied: 0, already: 0, failed: 0 };
  const losing = options.maxDeletions === undefined ? [] : kindsLosing(merged(counts, planned), options.maxDeletions);
  if (losing.length > 0) {
    const told = losing.map((kind) => ({ kind, now: counts[kind]?.now ?? 0, delete: planned[kind]?.delete ?? 0 }));
    return { ...progress, refused: { why: 'deletions', losing: told } };
  }
  const run = `apply-${randomUUID()}`;
  try {
    if (changes > options.perRequest) {
      for await (const part of parts(options, planned)) {
        const { conflicts } = await judgeChanges(connection, part);
        if (conflicts.length > 0) return { ...progress, refused: { why: 'changed', conflicts } };
      }
    }
    let number = 0;
    for await (const part of parts(options, planned)) {
      if (hooks.signal.aborted) throw hooks.signal.reason;
      const { conflicts, toDo } = await judgeChanges(connection, part);
      if (conflicts.length > 0) return { ...progress, refused: { why: 'changed', conflicts } };
      progress = { ...progress, already: progress.already + part.length - toDo.length };
      if (toDo.length > 0) progress = await send(connection, toDo, `${run}-${number++}`, hooks, progress);
      hooks.onProgress(progress);
    }
  } catch (error) {
    throw new ApplyStoppedError(error, progress);
  }
  return progress;
}

async function send(
  connection: Connection,
  toDo: readonly Change[],
  run: string,
  hooks: ApplyHooks,
  before: ApplyProgress,
): Promise<ApplyProgress> {
  let { applied, failed } = before;
  const sending = { atOnce: 1, perRequest: toDo.length, transId: (first: number) => `${run}-${first}` };
  for await (const { outcome } of connection.bulk(toDo.map(itemOf), { ...sending, signal: hooks.signal })) {
    applied += outcome.applied;
    for (const verdict of outcome.verdicts) {
      const change = verdict.index === undefined ? undefined : toDo[verdict.index];
      if (verdict.code === 1000 || change === undefined) continue;
      failed += 1;
      hooks.onFailure(change, verdict);
    }
  }
  return { ...before, applied, failed: Math.max(failed, before.failed + toDo.length - (applied - before.applied)) };
}

function itemOf(change: Change): ChangeItem {
  return change.do === 'delete' ? { verb: 'delete', subject: keyOf(change.from) } : { verb: 'add', subject: change.to };
}

/** Reads a plan to its end: what it counts itself, and its changes counted by their lines. */
async function countsIn({
  file,
  url,
}: ApplyOptions): Promise<{ readonly counts: PlanCounts; readonly planned: PlanCounts }> {
  const planned = new PlanCounter();
  let counts: PlanCounts = {};
  for await (const part of readPlan(file)) {
    if ('head' in part && !isSameUrl(part.head.url, url)) {
      throw new OperatorError(`${file}: a plan for ${part.head.url}, not for ${url}`);
    }
    if ('change' in part) planned.add(kindOf(part.change), part.change.do);
    if ('counts' in part) counts = part.counts;
  }
  return { counts, planned: planned.counts };
}

function isSameUrl(a: unknown, b: string): boolean {
  return URL.canParse(String(a)) && new URL(String(a)).href === new URL(b).href;
}

/** What a plan says that the registry has, with the changes that it really has. */
function merged(counts: PlanCounts, planned: PlanCounts): PlanCounts {
  return Object.fromEntries(
    objKinds.map((kind) => [kind, { ...(planned[kind] ?? noneOfKind), now: counts[kind]?.now ?? 0 }]),
  );
}

/** The changes in the order in which they are sent, a request at a time. */
async function* parts({ file, perRequest }: ApplyOptions, planned: PlanCounts): AsyncGenerator<Change[], void> {
  let part: Change[] = [];
  for await (const change of inSendingOrder(file, planned)) {
    part.push(change);
    if (part.length < perRequest) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}

/** The file is read once for what is added and changed, and once for each kind that is deleted. */
async function* inSendingOrder(file: string, planned: PlanCounts): AsyncGenerator<Change, void> {
  for await (const part of readPlan(file)) {
    if ('change' in part && part.change.do !== 'delete') yield part.change;
  }
  for (const kind of [...objKinds].reverse()) {
    if ((planned[kind]?.delete ?? 0) === 0) continue;
    for await (const part of readPlan(file)) {
      if ('change' in part && part.change.do === 'delete' && kindOf(part.change) === kind) yield part.change;
    }
  }
}
