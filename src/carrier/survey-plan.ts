import type { Connection } from '../client/connect.js';
import { keyText } from '../forms/key-text.js';
import { SeenKeys } from '../forms/seen-keys.js';
import { identityOf } from '../model/identity.js';
import { keyOf } from '../model/key-of.js';
import { objKinds } from '../model/object-order.js';
import { OperatorError } from '../operator-error.js';
import { type Conflict, judgeChanges } from './judge-changes.js';
import {
  type Change,
  kindOf,
  kindsLosing,
  type LosingKind,
  noneOfKind,
  PlanCounter,
  type PlanCounts,
  type PlanHead,
} from './plan.js';
import { lineOf, type PlanFile } from './plan-file.js';
import type { TaskHooks } from './progress.js';

export interface SurveyOptions {
  readonly file: string;
  /** Of the registry, which has to be the one that the plan was made for. */
  readonly url: string;
  /** Changes that are asked about at once. */
  readonly perRequest: number;
  /** The part of the objects of a kind, in percent, that may be deleted; undefined: all of them. */
  readonly maxDeletions: number | undefined;
}

/** What is left to do of a plan. */
export interface Survey {
  /** How many changes it has. */
  readonly changes: number;
  /** By the place of each change the step in which it is sent; 0: the registry has it already. */
  readonly steps: readonly number[];
  /** How many changes the registry has already; 0 if there are conflicts. */
  readonly already: number;
  /** Objects that are neither as they were nor as they should become; not all of them if there are many. */
  readonly conflicts: readonly Conflict[];
  /** Kinds that would lose more than they may by the deletions that are left. */
  readonly losing: readonly LosingKind[];
}

/** The step of what is added and changed. Deletions come behind it, kind by kind in the opposite order of lists. */
const FIRST_STEP = 1;

const deletionSteps = new Map([...objKinds].reverse().map((kind, index) => [kind, FIRST_STEP + 1 + index]));

/**
 * Reads a plan to its end and asks the registry for all of its objects. Nothing is sent that changes something.
 *
 * @throws OperatorError for a file that is no plan or one for another registry, SpppError if the registry cannot be asked
 */
export async function surveyPlan(
  connection: Connection,
  plan: PlanFile,
  options: SurveyOptions,
  { signal, onProgress }: TaskHooks,
): Promise<Survey> {
  const [toDo, done] = [new PlanCounter(), new PlanCounter()];
  const steps: number[] = [];
  const seen = new SeenKeys();
  const conflicts: Conflict[] = [];
  let counts: PlanCounts = {};
  let share = 0;
  let part: Change[] = [];
  const tell = () => onProgress?.({ unit: 'changes', step: 'checked', done: steps.length, share });
  const judge = async () => {
    signal?.throwIfAborted();
    // Behind a conflict the rest is read all the same: of a file that is no plan that is told first.
    const judged = conflicts.length > 0 ? undefined : await judgeChanges(connection, part);
    conflicts.push(...(judged?.conflicts ?? []));
    const left = new Set(judged?.toDo);
    for (const change of part) {
      steps.push(left.has(change) ? stepOf(change) : 0);
      (left.has(change) ? toDo : done).add(kindOf(change), change.do);
    }
    part = [];
    tell();
  };
  const onRead = (read: number) => {
    share = read;
  };
  tell();
  for await (const read of plan.parts(undefined, onRead)) {
    if ('head' in read) checkUrl(read.head, options);
    if ('counts' in read) counts = read.counts;
    if (!('change' in read)) continue;
    checkOnce(seen, read, options.file);
    if (part.push(read.change) === options.perRequest) await judge();
  }
  if (part.length > 0) await judge();
  const { maxDeletions } = options;
  return {
    ...{ changes: steps.length, steps, conflicts },
    already: conflicts.length > 0 ? 0 : steps.filter((step) => step === 0).length,
    losing: maxDeletions === undefined ? [] : kindsLosing(leftOf(counts, toDo.counts, done.counts), maxDeletions),
  };
}

/** The changes that are left, in the order in which they are sent, a request at a time. */
export async function* changesLeft(
  plan: PlanFile,
  { steps }: Survey,
  perRequest: number,
): AsyncGenerator<readonly Change[], void> {
  let part: Change[] = [];
  for (const step of [...new Set(steps)].filter((each) => each > 0).sort((a, b) => a - b)) {
    for await (const read of plan.parts((place) => steps[place] === step)) {
      if (!('change' in read) || part.push(read.change) < perRequest) continue;
      yield part;
      part = [];
    }
  }
  if (part.length > 0) yield part;
}

function stepOf(change: Change): number {
  return change.do === 'delete' ? (deletionSteps.get(change.from.kind) ?? FIRST_STEP) : FIRST_STEP;
}

/** Throws for a second change of an object: after both, none of them would be done. */
function checkOnce(seen: SeenKeys, { change, place }: { change: Change; place: number }, file: string): void {
  const object = change.do === 'delete' ? change.from : change.to;
  const line = lineOf(place);
  const first = seen.firstLine(identityOf(object), line);
  if (first === undefined) return;
  throw new OperatorError(`${file}: line ${line}: ${keyText(keyOf(object))}: the same object as on line ${first}`);
}

function checkUrl({ url }: PlanHead, { file, url: own }: SurveyOptions): void {
  if (URL.canParse(String(url)) && new URL(url).href === new URL(own).href) return;
  throw new OperatorError(`${file}: a plan for ${url}, not for ${own}`);
}

/** What is left of a plan: what the registry had when the plan was made, less what has been deleted by now. */
function leftOf(counts: PlanCounts, toDo: PlanCounts, done: PlanCounts): PlanCounts {
  return Object.fromEntries(
    objKinds.map((kind) => {
      const now = (counts[kind]?.now ?? 0) - (done[kind]?.delete ?? 0);
      return [kind, { ...(toDo[kind] ?? noneOfKind), now }];
    }),
  );
}
