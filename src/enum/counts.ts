import type { SharedSed } from '../registry/resolve/route-answers.js';

/** How many messages had which outcome since the start. */
export interface Counts {
  queries: number;
  /** Answers with records. */
  found: number;
  referred: number;
  noData: number;
  noName: number;
  refused: number;
  failed: number;
  malformed: number;
  truncated: number;
  /** Messages without an answer: they were no questions, or too many questions were waiting. */
  dropped: number;
  /** Records that DNS cannot carry, each time that a question asked for them. */
  leftOut: number;
}

/** Records that are logged; further ones are counted only. */
const MAX_LOGGED = 1000;

/** Time between two failures that are logged: without a database, all questions fail alike. */
const FAILURES_EVERY_MS = 1000;

/** Writes log lines. */
export interface WatchLog {
  leftOut(record: { readonly registrant: string; readonly sedRecord: string }): void;
  failed(error: unknown): void;
}

/** Counts outcomes; logs each record that is left out once, and at most one failure a second. */
export class Watch {
  readonly counts: Counts = {
    ...{ queries: 0, found: 0, referred: 0, noData: 0, noName: 0, refused: 0, failed: 0, malformed: 0 },
    ...{ truncated: 0, dropped: 0, leftOut: 0 },
  };
  readonly #names = new Set<string>();
  readonly #log: WatchLog;
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor(log: WatchLog) {
    this.#log = log;
  }

  failed(error: unknown): void {
    this.counts.failed++;
    const now = performance.now();
    if (now - this.#failedAt < FAILURES_EVERY_MS) return;
    this.#failedAt = now;
    this.#log.failed(error);
  }

  leftOut(seds: readonly SharedSed[]): void {
    this.counts.leftOut += seds.length;
    for (const { recordRegistrant: registrant, sedRecord } of seds) {
      const name = `${registrant} ${sedRecord}`;
      if (this.#names.has(name) || this.#names.size >= MAX_LOGGED) continue;
      this.#names.add(name);
      this.#log.leftOut({ registrant, sedRecord });
    }
  }
}
