/** A worker that served for so long has not failed because of its start. */
const GOOD_MS = 10_000;
const FIRST_MS = 250;
const LONGEST_MS = 30_000;

/** How long a worker that has ended is not replaced: not at all at first, then twice as long each time it ends at once. */
export class BackOff {
  #next = 0;

  /** Milliseconds to wait, after a worker has ended that served for `servedMs`. */
  wait(servedMs: number): number {
    if (servedMs >= GOOD_MS) this.#next = 0;
    const wait = this.#next;
    this.#next = Math.min(Math.max(wait * 2, FIRST_MS), LONGEST_MS);
    return wait;
  }
}
