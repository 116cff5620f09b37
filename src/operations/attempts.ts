import { workAsOnlyLargeChange, workBesideLargeChanges } from '../registry/connection/large-changes.js';
import type { Sender } from '../registry/connection/statement.js';
import type { Item } from '../sppp/message.js';
import { RequestRuns } from './request-runs.js';
import { runsOf } from './runs.js';

/** Reads the items of a request again from its beginning, once it has been read to its end. */
export type ReadAgain = () => Promise<AsyncIterable<readonly Item[]> | undefined>;

/** How often a request that conflicts with another one is carried out before it fails. */
const MAX_ATTEMPTS = 5;

/**
 * The attempts to carry out a change, which is carried out again after a conflict with another one.
 *
 * Runs of two large changes can wait for each other in a circle, since each locks what it changes in its own order. So large
 * changes share a lock. One that has conflicted takes it alone, and then meets no other large change. Before that it is read
 * to its end: others must not wait for its client.
 */
export class Attempts {
  #runs: RequestRuns;
  readonly #isLarge: boolean;
  readonly #readAgain: ReadAgain | undefined;
  #isAlone = false;
  #count = 1;

  /** @param large of a large change: how it is read again, if it can be */
  constructor(runs: RequestRuns, large: { readonly readAgain: ReadAgain | undefined } | undefined) {
    this.#runs = runs;
    this.#isLarge = large !== undefined;
    this.#readAgain = large?.readAgain;
  }

  /** The runs of the present attempt. */
  get runs(): RequestRuns {
    return this.#runs;
  }

  /** Takes the lock of the present attempt, when its transaction begins. */
  begin(db: Sender): void {
    if (this.#isAlone) workAsOnlyLargeChange(db);
    else if (this.#isLarge) workBesideLargeChanges(db);
  }

  /**
   * Gets ready for another attempt after a conflict.
   *
   * @returns false if there is none: there were enough, or the beginning of the request is lost
   * @throws what reading the rest of the request throws
   */
  async next(): Promise<boolean> {
    this.#count += 1;
    if (this.#count > MAX_ATTEMPTS) return false;
    if (this.#readAgain === undefined) return this.#runs.hasBeginning;
    await this.#runs.readAhead(Number.POSITIVE_INFINITY);
    if (!this.#runs.hasBeginning) {
      const items = await this.#readAgain();
      if (items === undefined) return false;
      this.#runs = new RequestRuns(runsOf(items));
    }
    this.#isAlone = true;
    return true;
  }
}
