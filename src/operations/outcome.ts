import type { FailedObject } from '../registry/journal/failed-objects.js';
import type { Outcome as JournalledOutcome } from '../registry/journal/journal.js';
import type { RequestRule } from '../sppp/grammar.js';
import type { GetItem } from '../sppp/message.js';
import { message, type Result, succeeded } from '../sppp/result.js';
import { type Failures, failedObject } from './failures.js';

/**
 * How a request ends (RFC 7878 §7.2 knows only the first): atomic stops at the first item that fails and undoes
 * everything; partial leaves out what fails and commits the rest; validate is partial that is always undone.
 */
export type Mode = 'atomic' | 'partial' | 'validate';

/** The outcome of an object or key: done or found, refused for itself, or undone with its request. */
export type ObjectOutcome = 'done' | 'failed' | 'undone';

/** The outcomes of the objects or keys of a request. */
export interface ObjectsOutcome {
  /** How many were refused for themselves, by verb and noun. */
  readonly failedByKind: ReadonlyMap<string, number>;
  /** The outcome of the others. */
  readonly others: ObjectOutcome;
  /** The request made work and left nothing, by its own fault (RFC 7877 §9.3.2). */
  readonly isWasted: boolean;
}

/** The outcome of a request. It is decided where the request is carried out; no other code derives it again. */
export interface RequestOutcome extends ObjectsOutcome {
  readonly overall: Result;
  /** How many objects or keys were handled. */
  readonly objects: number;
  readonly failed: number;
  /** How many failed with which code. */
  readonly codes: ReadonlyMap<number, number>;
  /** The first of those that failed. */
  readonly failedObjects: readonly FailedObject[];
  /** Whether a part of what the request asked for stays. */
  readonly committed: boolean;
}

const nobody: ReadonlyMap<string, number> = new Map();

/** The outcome of a change all of whose items have been judged, by its mode. */
export function changeOutcome(failures: Failures, objects: number, mode: Mode): RequestOutcome {
  const { count: failed, codes, kinds: failedByKind, stored: failedObjects } = failures;
  const ends = (overall: Result, committed: boolean): RequestOutcome => ({
    ...{ overall, objects, failed, codes, failedObjects, failedByKind, committed },
    others: committed ? 'done' : 'undone',
    isWasted: mode === 'atomic' && failed > 0,
  });
  if (failed === 0) return ends(succeeded, mode !== 'validate');
  if (mode === 'atomic') return ends({ code: 2100 }, false);
  const text = `Command invalid (partial success, ${objects - failed} of ${objects} applied)`;
  return ends({ code: 2100, text }, mode === 'partial' && failed < objects);
}

/** The outcome of a query; where it fails, all of its keys do, since its answer has no place for single ones. */
export function queryOutcome(overall: Result, objects: number, refused?: GetItem): RequestOutcome {
  const isDone = overall.code === succeeded.code;
  const failed = isDone ? 0 : objects;
  const one = refused && failedObject({ ...refused, result: overall });
  return {
    ...{ overall, objects, failed },
    codes: new Map(failed === 0 ? [] : [[overall.code, failed]]),
    failedObjects: one === undefined ? [] : [one],
    failedByKind: nobody,
    others: isDone ? 'done' : 'failed',
    committed: false,
    isWasted: false,
  };
}

/** The outcome of a request that is refused as a whole and leaves nothing. */
export function refusedOutcome({ kind }: RequestRule, overall: Result): RequestOutcome {
  return {
    ...{ overall, objects: 0, failed: 0, codes: new Map(), failedObjects: [], committed: false },
    ...nothingDone(kind),
    // 2300 and 2301 are the server's fault.
    isWasted: kind === 'change' && overall.code < 2300,
  };
}

/** The outcome of a request that could not be read to its end, of a kind that is known or not. */
export function unreadOutcome(rule: RequestRule | undefined): ObjectsOutcome {
  return { ...nothingDone(rule?.kind), isWasted: true };
}

function nothingDone(kind: RequestRule['kind'] | undefined): Pick<ObjectsOutcome, 'failedByKind' | 'others'> {
  return { failedByKind: nobody, others: kind === 'query' || kind === 'offer query' ? 'failed' : 'undone' };
}

/** An outcome as the journal records it. */
export function journalled(outcome: RequestOutcome, answeredAt: Date): JournalledOutcome {
  const { overall, objects, failed, codes, failedObjects, committed } = outcome;
  const { code } = overall;
  return { code, message: message(overall), objects, failed, codes, failedObjects, committed, answeredAt };
}
