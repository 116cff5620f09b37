import type { Sed } from '../registry/resolve.js';

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
const MOST_TOLD = 1000;

/** Counts, and tells once of each record that is left out. */
export class Watch {
  readonly counts: Counts = {
    ...{ queries: 0, found: 0, referred: 0, noData: 0, noName: 0, refused: 0, failed: 0, malformed: 0 },
    ...{ truncated: 0, dropped: 0, leftOut: 0 },
  };
  readonly #told = new Set<string>();
  readonly #tell: (record: { registrant: string; sedRecord: string }) => void;

  constructor(tell: (record: { registrant: string; sedRecord: string }) => void) {
    this.#tell = tell;
  }

  leftOut(seds: readonly Sed[]): void {
    this.counts.leftOut += seds.length;
    for (const { recordRegistrant: registrant, sedRecord } of seds) {
      const name = `${registrant} ${sedRecord}`;
      if (this.#told.has(name) || this.#told.size >= MOST_TOLD) continue;
      this.#told.add(name);
      this.#tell({ registrant, sedRecord });
    }
  }
}
