/** What a client of the cluster sent, and what came back. The checker reads nothing else of a client. */
export interface Write {
  /** The id of the request that the client chose. */
  readonly id: string;
  readonly verb: 'add' | 'delete';
  readonly registrar: string;
  /** Numbers that it adds, new ones, or deletes, such as one add has added before. */
  readonly numbers: readonly string[];
  /** Milliseconds since the start of the history. */
  readonly sentAt: number;
  readonly endedAt: number;
  /**
   * `acknowledged`: 1000. `refused`: an answer that says that nothing was done, 2300 or HTTP 503, or no connection was made.
   * `unanswered`: sent, and nothing came back, or a proxy's 502 or 504. `strange`: anything else.
   */
  readonly verdict: 'acknowledged' | 'refused' | 'unanswered' | 'strange';
  /** The code, the status, or the error, for people. */
  readonly answer: string;
}

/** A read of numbers that a write has added before it was acknowledged. */
export interface Read {
  /** The id of the write. */
  readonly of: string;
  readonly at: string;
  /** How many of its numbers were found; undefined without an answer. */
  readonly found: number | undefined;
  readonly expected: number;
}

/** Everything that clients did. */
export class History {
  readonly writes: Write[] = [];
  readonly reads: Read[] = [];
  readonly #start = performance.now();

  /** Milliseconds since its start. */
  now(): number {
    return performance.now() - this.#start;
  }

  /** The longest time without an acknowledgement from one moment on, in milliseconds. */
  longestSilence(from = 0): number {
    const times = this.writes.filter(({ verdict }) => verdict === 'acknowledged').map(({ endedAt }) => endedAt);
    const later = times.filter((at) => at > from).sort((a, b) => a - b);
    return [...later, this.now()].reduce(
      ({ last, longest }, at) => ({ last: at, longest: Math.max(longest, at - last) }),
      {
        last: from,
        longest: 0,
      },
    ).longest;
  }
}
