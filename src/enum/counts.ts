import type { SharedSed } from '../registry/resolve/route-answers.js';

/** What became of messages, since the start. */
export interface Counts {
  queries: number;
  /** Answers with records, by rcode otherwise. */
  found: number;
  referred: number;
  noData: number;
  noName: number;
  refused: number;
  failed: number;
  malformed: number;
  truncated: number;
  /** Messages without an answer: no question, or too many of them waiting. */
  dropped: number;
  /** Records that DNS cannot carry, each time that they were asked for. */
  leftOut: number;
}

/** Names of records that were told of. */
const MAX_TOLD = 1000;

/** Milliseconds between two failures that are told of: when the database is away, all fail alike. */
const FAILURES_EVERY = 1000;

export interface Told {
  leftOut(record: { readonly registrant: string; readonly sedRecord: string }): void;
  failed(error: unknown): void;
}

/** Counts, and tells once of each record that is left out, and of failures now and then. */
export class Watch {
  readonly counts: Counts = {
    ...{ queries: 0, found: 0, referred: 0, noData: 0, noName: 0, refused: 0, failed: 0, malformed: 0 },
    ...{ truncated: 0, dropped: 0, leftOut: 0 },
  };
  readonly #names = new Set<string>();
  readonly #tell: Told;
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor(tell: Told) {
    this.#tell = tell;
  }

  failed(error: unknown): void {
    this.counts.failed++;
    const now = performance.now();
    if (now - this.#failedAt < FAILURES_EVERY) return;
    this.#failedAt = now;
    this.#tell.failed(error);
  }

  leftOut(seds: readonly SharedSed[]): void {
    this.counts.leftOut += seds.length;
    for (const { recordRegistrant: registrant, sedRecord } of seds) {
      const name = `${registrant} ${sedRecord}`;
      if (this.#names.has(name) || this.#names.size >= MAX_TOLD) continue;
      this.#names.add(name);
      this.#tell.leftOut({ registrant, sedRecord });
    }
  }
}
