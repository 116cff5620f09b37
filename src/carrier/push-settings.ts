import { isFormKind } from '../forms/csv-header.js';
import type { FormOptions } from '../forms/form-line.js';
import { OperatorError } from '../operator-error.js';

/** What the lines of a pushed file mean and where they go: a push goes on only with the same. */
export interface PushSettings {
  readonly url: string;
  readonly user: string;
  readonly rant?: string;
  readonly rar?: string;
  readonly kind?: string;
  readonly normalize?: boolean;
  readonly country?: string;
  readonly delete?: boolean;
}

/** The options by which the lines are read. */
export function formOptions({ kind, delete: isDelete, rant, rar, normalize, country }: PushSettings): FormOptions {
  if (kind !== undefined && !isFormKind(kind)) throw new OperatorError(`--kind ${kind}: no kind of form`);
  return {
    verb: isDelete ? 'delete' : 'add',
    ...(rant === undefined ? {} : { rant }),
    ...(rar === undefined ? {} : { rar }),
    ...(kind === undefined ? {} : { kind }),
    ...(normalize === undefined ? {} : { normalize }),
    ...(country === undefined ? {} : { country }),
  };
}

/**
 * The settings of a push that goes on: those with which it was begun.
 *
 * @throws OperatorError if one is given that differs
 */
export function settingsOfResumed(begun: PushSettings, given: PushSettings): PushSettings {
  for (const [name, value] of Object.entries(given) as [keyof PushSettings, string | boolean | undefined][]) {
    if (value === undefined || value === begun[name]) continue;
    const before = begun[name] === undefined ? 'without it' : `with ${begun[name]}`;
    throw new OperatorError(`--${name} ${value}: the push was begun ${before}; --restart begins it anew`);
  }
  return begun;
}
