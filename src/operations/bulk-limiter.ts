import { FairQueue, halfOfTheRest } from '../scheduling/fair-queue.js';

/** How many large requests may be under way, and how many may wait for that. */
export interface BulkLimits {
  readonly inAll: number;
  readonly perRegistrar: number;
  readonly waiting: number;
}

/**
 * Limits how many large requests are under way, so that they leave connections and time to small ones. A registrar that
 * has its share under way waits. Of the waiting positions that other registrars leave free, one registrar may take half.
 */
export class BulkLimiter {
  readonly #limits: BulkLimits;
  readonly #queue: FairQueue;

  constructor(limits: BulkLimits) {
    this.#limits = limits;
    this.#queue = new FairQueue(limits.inAll, () => limits.perRegistrar);
  }

  /** Large requests under way. */
  get running(): number {
    return this.#queue.running;
  }

  /** Large requests that wait. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /**
   * Waits until a large request of the registrar may begin.
   *
   * @param disconnected ends the waiting: its reason is thrown
   * @returns ends the request; undefined if too many wait already
   */
  async enter(registrarId: number, disconnected?: AbortSignal): Promise<(() => void) | undefined> {
    const own = this.#queue.waitingOf(registrarId);
    const max = halfOfTheRest(this.#limits.waiting, this.#queue.waiting - own);
    if (own >= max && !this.#queue.isOpenTo(registrarId)) return undefined;
    return this.#queue.enter(registrarId, disconnected);
  }
}
