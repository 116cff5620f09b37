import { FairQueue, halfOfTheRest } from '../scheduling/fair-queue.js';

/** How many large requests may be under way, and how many may wait for that. */
export interface BulkLimits {
  readonly inAll: number;
  readonly perRegistrar: number;
  readonly waiting: number;
}

/**
 * Where large requests wait their turn, so that they leave connections and time to the others. A registrar that has its
 * share under way waits; no one takes more than half of the room for waiting that the others leave.
 */
export class BulkLimiter {
  readonly #limits: BulkLimits;
  readonly #turns: FairQueue;

  constructor(limits: BulkLimits) {
    this.#limits = limits;
    this.#turns = new FairQueue(limits.inAll, () => limits.perRegistrar);
  }

  /** Large requests under way. */
  get running(): number {
    return this.#turns.running;
  }

  /** Large requests that wait for a place. */
  get waiting(): number {
    return this.#turns.waiting;
  }

  /**
   * Waits for a place; what is returned gives it back. Undefined if too many wait already.
   *
   * @param gone ends the waiting by throwing what it is aborted with
   */
  async enter(registrarId: number, disconnected?: AbortSignal): Promise<(() => void) | undefined> {
    const detachedCopy = this.#turns.waitingOf(registrarId);
    const room = halfOfTheRest(this.#limits.waiting, this.#turns.waiting - detachedCopy);
    if (detachedCopy >= room && !this.#turns.isOpenTo(registrarId)) return undefined;
    return this.#turns.enter(registrarId, disconnected);
  }
}
