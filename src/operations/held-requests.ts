/** A group of requests that is to be tried again. */
interface Held<Request> {
  readonly key: string;
  readonly requests: Request[];
  /** It has met the lock as a group of its own, or as a part of a larger one. */
  readonly isTried: boolean;
}

/**
 * Requests that met a lock which somebody else holds. They are told apart by their key, which says what rows they may need:
 * while one of a key is held, so are all that come with that key, and others are not. One group at a time is tried again, in
 * turn. A group that meets the lock again is halved, so that requests which do not need it get away from those that do.
 */
export class HeldRequests<Request> {
  readonly #keyOf: (request: Request) => string;
  readonly #max: number;
  #waiting: Held<Request>[] = [];
  /** How many requests of each key are held, with those that are being tried. */
  readonly #counts = new Map<string, number>();
  #isTrying = false;

  /** @param max requests in one group */
  constructor(keyOf: (request: Request) => string, max: number) {
    this.#keyOf = keyOf;
    this.#max = max;
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  /** Whether a request has to wait behind those that are held, where it waits then. */
  takes(request: Request): boolean {
    const key = this.#keyOf(request);
    if (!this.#counts.has(key)) return false;
    const group = this.#waiting.find((each) => each.key === key && !each.isTried && each.requests.length < this.#max);
    if (group !== undefined) group.requests.push(request);
    else this.#waiting.push({ key, requests: [request], isTried: false });
    this.#count(key, 1);
    return true;
  }

  /** Holds requests of a group that has met a lock for the first time: those of each key by themselves. */
  hold(requests: readonly Request[]): void {
    const byKey = new Map<string, Request[]>();
    for (const request of requests) {
      const key = this.#keyOf(request);
      byKey.set(key, [...(byKey.get(key) ?? []), request]);
    }
    for (const [key, own] of byKey) {
      this.#waiting.push({ key, requests: own, isTried: true });
      this.#count(key, own.length);
    }
  }

  /** The group whose turn it is to be tried again; undefined while one is tried. `settle` ends the try. */
  next(): readonly Request[] | undefined {
    const group = this.#isTrying ? undefined : this.#waiting.shift();
    this.#isTrying ||= group !== undefined;
    return group?.requests;
  }

  /**
   * Ends the try of a group.
   *
   * @param stuck those of its requests that have met a lock again: all of them, or none
   */
  settle(group: readonly Request[], stuck: readonly Request[]): void {
    this.#isTrying = false;
    for (const request of group) this.#count(this.#keyOf(request), -1);
    const half = Math.ceil(stuck.length / 2);
    for (const part of [stuck.slice(0, half), stuck.slice(half)]) this.hold(part);
  }

  /** Takes out those that wait and have done so for too long. */
  takeOut(isOver: (request: Request) => boolean): Request[] {
    const over = this.#waiting.flatMap(({ requests }) => requests.filter(isOver));
    if (over.length === 0) return over;
    for (const request of over) this.#count(this.#keyOf(request), -1);
    this.#waiting = this.#waiting.flatMap(({ requests, ...group }) => {
      const left = requests.filter((request) => !isOver(request));
      return left.length === 0 ? [] : [{ ...group, requests: left }];
    });
    return over;
  }

  #count(key: string, more: number): void {
    const count = (this.#counts.get(key) ?? 0) + more;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}
