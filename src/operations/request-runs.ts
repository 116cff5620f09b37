import type { Item } from '../sppp/message.js';
import { MAX_RUN, weigh } from './runs.js';

type Run = readonly Item[];

/**
 * The runs of a request as they are read. Its beginning is kept, so that a request which got into another's way can be
 * carried out again from the start, whether it has been read to its end or not.
 */
export class RequestRuns {
  readonly #source: AsyncIterator<Run, void>;
  /** The runs read so far, or the last of them once there are too many to be kept. */
  #kept: Run[] = [];
  #dropped = 0;
  #items = 0;
  #ended = false;
  #fault: { readonly error: unknown } | undefined;
  #reading: Promise<void> | undefined;

  constructor(source: AsyncGenerator<Run, void>) {
    this.#source = source;
  }

  /** A request of one run. */
  static of(run: Run): RequestRuns {
    async function* all() {
      yield run;
    }
    return new RequestRuns(all());
  }

  /** Reads until so many items have come, or all. */
  async readAhead(items: number): Promise<void> {
    while (!this.#ended && this.#items < items) await this.#at(this.#dropped + this.#kept.length);
  }

  /** Whether all has been read. */
  get isWhole(): boolean {
    return this.#ended;
  }

  /** Whether it can be begun again. */
  get hasBeginning(): boolean {
    return this.#dropped === 0;
  }

  /** The only run of a request that has been read whole. */
  get only(): Run | undefined {
    return this.#ended && this.#dropped === 0 && this.#kept.length === 1 ? this.#kept[0] : undefined;
  }

  /** The runs from the first one on; while one is worked on, the next one is read. Throws what reading throws. */
  async *fromStart(): AsyncGenerator<Run> {
    let following = this.#at(0);
    for (let next = 1; ; next++) {
      const run = await following;
      if (run === undefined) return;
      following = this.#at(next);
      following.catch(() => undefined); // It is thrown when it is asked for.
      yield run;
    }
  }

  async #at(index: number): Promise<Run | undefined> {
    while (index >= this.#dropped + this.#kept.length && !this.#ended) {
      if (this.#fault !== undefined) throw this.#fault.error;
      this.#reading ??= this.#read().finally(() => {
        this.#reading = undefined;
      });
      await this.#reading;
    }
    return this.#kept[index - this.#dropped];
  }

  async #read(): Promise<void> {
    try {
      const { done, value } = await this.#source.next();
      this.#ended = done === true;
      if (value === undefined) return;
      this.#items += weigh(value);
      this.#kept.push(value);
      if (this.#items > MAX_RUN) this.#dropped += this.#kept.splice(0, this.#kept.length - 1).length;
    } catch (error) {
      this.#fault = { error };
      throw error;
    }
  }
}
