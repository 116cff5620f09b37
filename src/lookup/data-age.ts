import { whyTooOld } from '../registry/connection/host-search.js';

/** The data of a standby are older than is allowed. Another host of the URL may have newer ones. */
export class TooOldError extends Error {
  override readonly name = 'TooOldError';
}

/** How old the data are that look-ups are answered from, as their statements report it. */
export class DataAge {
  readonly #max: number;
  #seen: { readonly seconds: number | undefined; readonly at: number } | undefined;

  /** @param max seconds that they may be older than the primary's */
  constructor(max: number) {
    this.#max = max;
  }

  /**
   * Takes note of the age that a statement reported; undefined: the standby does not know it.
   *
   * @throws TooOldError if nothing may be answered from such data
   */
  check(seconds: number | undefined): void {
    this.#seen = { seconds, at: performance.now() };
    const why = whyTooOld(seconds, this.#max);
    if (why !== undefined) throw new TooOldError(why);
  }

  /** Seconds by which they may be older now, to tenths: nothing may have arrived since. Undefined: not known. */
  get seconds(): number | undefined {
    if (this.#seen?.seconds === undefined) return undefined;
    return Math.round(10 * this.#seen.seconds + (performance.now() - this.#seen.at) / 100) / 10;
  }
}
