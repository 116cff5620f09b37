import type { Item } from '../sppp/message.js';
import { MAX_RUN, weigh } from './runs.js';

type Run = readonly Item[];

/**
 * The runs of a request as they are read. The first runs stay in memory, so that a request that conflicts with another
 * one can be carried out again from the start, even if it has not been read to its end.
 */
export class RequestRuns {
  readonly #source: AsyncIterator<Run, void>;
  /** The runs read so far; only the last one once they are too many to be held. */
  #held: Run[] = [];
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
    while (!this.#ended && this.#items < items) await this.#at(this.#dropped + this.#held.length);
  }

  /** Whether all of the request has been read. */
  get isWhole(): boolean {
    return this.#ended;
  }

  /** Whether the request can be carried out again from the start. */
  get hasBeginning(): boolean {
    return this.#dropped === 0;
  }

  /** The run of a request that has been read to its end and has only one. */
  get only(): Run | undefined {
    return this.#ended && this.#dropped === 0 && this.#held.length === 1 ? this.#held[0] : undefined;
  }

  /** The runs from the first one on; while one is worked on, the next one is read. Throws what reading throws. */
  async *fromStart(): AsyncGenerator<Run> {
    let following = this.#at(0);
    for (let next = 1; ; next++) {
      const run = await following;
      if (run === undefined) return;
      following = this.#at(next);
      following.catch(() => undefined); // It is thrown when the run is read.
      yield run;
    }
  }

  async #at(index: number): Promise<Run | undefined> {
    while (index >= this.#dropped + this.#held.length && !this.#ended) {
      if (this.#fault !== undefined) throw this.#fault.error;
      this.#reading ??= this.#read().finally(() => {
        this.#reading = undefined;
      });
      await this.#reading;
    }
    return this.#held[index - this.#dropped];
  }

  async #read(): Promise<void> {
    try {
      const { done, value } = await this.#source.next();
      this.#ended = done === true;
      if (value === undefined) return;
      this.#items += weigh(value);
      this.#held.push(value);
      if (this.#items > MAX_RUN) this.#dropped += this.#held.splice(0, this.#held.length - 1).length;
    } catch (error) {
      this.#fault = { error };
      throw error;
    }
  }
}
