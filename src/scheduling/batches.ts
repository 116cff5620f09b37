interface Waiting<T, R> {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

/** Work of one kind, done for many at once: what comes while some is done, or in the same turn of the event loop, goes together. */
export class Batches<T, R> {
  readonly #work: (items: readonly T[]) => Promise<readonly R[]>;
  readonly #most: number;
  #waiting: Waiting<T, R>[] = [];
  #isBusy = false;

  /**
   * @param work gives a result for each item, in their order
   * @param most items at once
   */
  constructor(work: (items: readonly T[]) => Promise<readonly R[]>, most: number) {
    this.#work = work;
    this.#most = most;
  }

  /** The result for an item. Rejects with what the work for it and others rejects with. */
  add(item: T): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (this.#isBusy) return;
      this.#isBusy = true;
      setImmediate(() => void this.#run());
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const several = this.#waiting.splice(0, this.#most);
      try {
        const results = await this.#work(several.map(({ item }) => item));
        for (const [index, { resolve }] of several.entries()) resolve(results[index] as R);
      } catch (error) {
        for (const { reject } of several) reject(error);
      }
    }
    this.#isBusy = false;
  }
}
