/** Thrown if a registrar has waited too long, because it has as many places as it may have. */
export class TurnTimeoutError extends Error {
  override readonly name = 'TurnTimeoutError';

  constructor() {
    super('timeout exceeded while waiting for a turn');
  }
}

interface Waiting {
  readonly enter: () => void;
}

/** How many of the places a registrar may have, by how many all have and how many the others have of them. */
export type Share = (places: number, others: number) => number;

/**
 * Half of the places that the others leave: a newcomer finds a free place, and a registrar that is alone still gets
 * half of them.
 */
export const halfOfTheRest: Share = (places, others) => Math.ceil((places - others) / 2);

/**
 * Places that registrars take in turn. None has more than its share. Where several wait, each gets one in its turn,
 * however many requests the others have waiting.
 */
export class FairQueue {
  readonly #places: number;
  readonly #share: Share;
  readonly #taken = new Map<number, number>();
  /** Who waits, by registrar; the one whose turn it is first. */
  readonly #waiting = new Map<number, Set<Waiting>>();
  #running = 0;

  constructor(places: number, share: Share = halfOfTheRest) {
    this.#places = places;
    this.#share = share;
  }

  /** Places that are taken. */
  get running(): number {
    return this.#running;
  }

  /** How many wait for one. */
  get waiting(): number {
    return [...this.#waiting.values()].reduce((count, { size }) => count + size, 0);
  }

  /** How many wait of one registrar. */
  waitingOf(registrarId: number): number {
    return this.#waiting.get(registrarId)?.size ?? 0;
  }

  /** Whether a registrar gets a place at once; its requests that wait already come first. */
  isOpenTo(registrarId: number): boolean {
    return !this.#waiting.has(registrarId) && this.#hasPlace(registrarId);
  }

  /**
   * Waits for a place. Returns a function that gives it back.
   *
   * @param end ends the waiting without a place: its reason is thrown
   * @param timeoutMs milliseconds after which TurnTimeoutError is thrown
   */
  enter(registrarId: number, end?: AbortSignal, timeoutMs?: number): Promise<() => void> | (() => void) {
    if (this.isOpenTo(registrarId)) return this.#take(registrarId);
    return new Promise((resolve, reject) => {
      const own = this.#waiting.get(registrarId) ?? new Set();
      this.#waiting.set(registrarId, own);
      const stopWaiting = () => {
        clearTimeout(timer);
        end?.removeEventListener('abort', leave);
        this.#forget(registrarId, waiting);
      };
      const giveUp = (reason: unknown) => {
        stopWaiting();
        reject(reason);
      };
      const leave = () => giveUp(end?.reason);
      const waiting: Waiting = {
        enter: () => {
          stopWaiting();
          resolve(this.#take(registrarId));
        },
      };
      const timer = timeoutMs === undefined ? undefined : setTimeout(() => giveUp(new TurnTimeoutError()), timeoutMs);
      own.add(waiting);
      if (end?.aborted) leave();
      else end?.addEventListener('abort', leave, { once: true });
    });
  }

  #hasPlace(registrarId: number): boolean {
    const own = this.#taken.get(registrarId) ?? 0;
    return this.#running < this.#places && own < this.#share(this.#places, this.#running - own);
  }

  #take(registrarId: number): () => void {
    this.#running += 1;
    this.#taken.set(registrarId, (this.#taken.get(registrarId) ?? 0) + 1);
    return () => this.#leave(registrarId);
  }

  #leave(registrarId: number): void {
    this.#running -= 1;
    const left = (this.#taken.get(registrarId) ?? 0) - 1;
    if (left > 0) this.#taken.set(registrarId, left);
    else this.#taken.delete(registrarId);
    for (let next = this.#next(); next !== undefined; next = this.#next()) next.enter();
  }

  /** The one whose turn it is; the registrar's next turn is after all others'. */
  #next(): Waiting | undefined {
    for (const [registrarId, own] of this.#waiting) {
      if (!this.#hasPlace(registrarId)) continue;
      this.#waiting.delete(registrarId);
      this.#waiting.set(registrarId, own);
      for (const waiting of own) return waiting;
    }
    return undefined;
  }

  #forget(registrarId: number, waiting: Waiting): void {
    const own = this.#waiting.get(registrarId);
    own?.delete(waiting);
    if (own?.size === 0) this.#waiting.delete(registrarId);
  }
}
