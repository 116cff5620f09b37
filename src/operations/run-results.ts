import type { Item } from '../sppp/message.js';
import type { Result } from '../sppp/result.js';
import type { RunDetails } from './run-context.js';

/** The items of a run while they are judged: who is refused, and why. */
export class RunResults<Case extends Item> {
  readonly #cases: readonly Case[];
  readonly #results = new Map<Case, { readonly result: Result; readonly subject: Item['subject'] }>();

  constructor(cases: readonly Case[]) {
    this.#cases = cases;
  }

  /** Judges each of these items; those that nothing is said against. */
  sift(cases: readonly Case[], judge: (item: Case, index: number) => Result | undefined): Case[] {
    return cases.filter((item, index) => {
      const result = judge(item, index);
      if (result === undefined) return true;
      this.#results.set(item, { result, subject: item.subject });
      return false;
    });
  }

  /** Tells the client of an item that was not refused, with the object as it is stored now. */
  tell(item: Case, result: Result, subject: Item['subject']): void {
    this.#results.set(item, { result, subject });
  }

  /** What is said, in the order of the request. */
  verdicts(): RunDetails {
    return this.#cases.flatMap((item) => {
      const said = this.#results.get(item);
      return said === undefined ? [] : [{ verb: item.verb, index: item.index, ...said }];
    });
  }
}
