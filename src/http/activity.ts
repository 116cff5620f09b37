import type { AccountedRequest, RequestActivity } from '../intake/accounts.js';
import type { ActivityCount, Counted } from '../registry/journal/activity.js';
import type { RefusalOrigin } from './http-refused.js';

const MINUTE_MS = 60_000;

/** Kinds of counts that are in memory at most: they are written every few seconds, unless the database is away. */
const MAX_KINDS = 10_000;

/** Longer ones are all alike. */
const MAX_MILLISECONDS = 2 ** 22;

/** Registrar of what nobody can be named for. */
const NOBODY = 0;

/**
 * Counts of what was asked and what came of it, until they are written: for the charts of the console. They take bounded
 * memory, and no request waits for them.
 */
export class Activity implements RequestActivity {
  readonly #clock: () => number;
  readonly #write: (counts: readonly ActivityCount[]) => Promise<void>;
  #counts = new Map<string, { -readonly [Name in keyof ActivityCount]: ActivityCount[Name] }>();

  constructor(clock: () => number, write: (counts: readonly ActivityCount[]) => Promise<void>) {
    this.#clock = clock;
    this.#write = write;
  }

  /** Counts a request of a registrar with its objects. */
  answered({ registrarId, code, seconds, objects, codes, throttled }: AccountedRequest): void {
    this.#count('request', registrarId, answer(code), 1, powerAbove(seconds * 1000));
    for (const { outcome, objects: number } of objects) {
      if (outcome !== 'failed') this.#count('object', registrarId, outcome, number);
    }
    for (const [each, number] of codes) this.#count('object', registrarId, String(each), number);
    if (throttled !== undefined) this.#count('refusal', registrarId, `${code} ${throttled}`, 1);
  }

  /** Counts a look-up over HTTP. */
  lookedUp(registrarId: number, outcome: 'found' | 'nothing' | 'refused'): void {
    this.#count('lookup', registrarId, outcome, 1);
  }

  /** Counts a request that was refused before it was read. */
  refused(status: number, { reason, registrar }: RefusalOrigin): void {
    this.#count('refusal', registrar?.id ?? NOBODY, `${status} ${reason}`, 1);
  }

  /** Writes the counts. If that fails, they stay for the next time, and the failure is thrown. */
  async flush(): Promise<void> {
    const counts = this.#counts;
    this.#counts = new Map();
    try {
      await this.#write([...counts.values()]);
    } catch (error) {
      for (const [key, count] of counts) this.#add(key, count);
      throw error;
    }
  }

  #count(what: Counted, registrarId: number, outcome: string, number: number, milliseconds = 0): void {
    const now = this.#clock();
    const minute = now - (now % MINUTE_MS);
    const key = `${minute} ${registrarId} ${what} ${milliseconds} ${outcome}`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#add(key, { at: new Date(minute), registrarId, what, outcome, milliseconds, number });
    else known.number += number;
  }

  #add(key: string, count: ActivityCount): void {
    const known = this.#counts.get(key);
    if (known !== undefined) known.number += count.number;
    else if (this.#counts.size < MAX_KINDS) this.#counts.set(key, { ...count });
  }
}

/** The answer of a request: a code of SPPP, the status of HTTP where there was no SPPP, or none. */
function answer(code: number | undefined): string {
  if (code === undefined) return 'none';
  return code < 1000 ? `HTTP ${code}` : String(code);
}

/** The power of two, from 1, that is not exceeded. */
function powerAbove(milliseconds: number): number {
  return Math.min(2 ** Math.ceil(Math.log2(Math.max(milliseconds, 1))), MAX_MILLISECONDS);
}
