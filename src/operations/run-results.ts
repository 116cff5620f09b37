import type { Item } from '../sppp/message.js';
import type { Result } from '../sppp/result.js';
import type { RunDetails } from './run-context.js';

/** The results of a run's items: of those that are refused, and of those whose stored object the answer has. */
export class RunResults<Some extends Item> {
  readonly #items: readonly Some[];
  readonly #results = new Map<Some, { readonly result: Result; readonly subject: Item['subject'] }>();

  constructor(items: readonly Some[]) {
    this.#items = items;
  }

  /** Records which of these items a rule refuses, and returns the others. */
  judge(items: readonly Some[], rule: (item: Some) => Result | undefined): Some[] {
    return items.filter((item) => {
      const result = rule(item);
      if (result === undefined) return true;
      this.#results.set(item, { result, subject: item.subject });
      return false;
    });
  }

  /** Records the result of an item that was not refused, with the object as it is stored now. */
  record(item: Some, result: Result, subject: Item['subject']): void {
    this.#results.set(item, { result, subject });
  }

  /** The details of the run, in the order of the request. */
  details(): RunDetails {
    return this.#items.flatMap((item) => {
      const result = this.#results.get(item);
      return result === undefined ? [] : [{ verb: item.verb, index: item.index, ...result }];
    });
  }
}
