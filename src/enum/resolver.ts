import type { Pool } from 'pg';
import type { Lookups } from '../lookup/lookups.js';
import { type Question, tookTooLong } from '../registry/resolve/resolve.js';
import type { SharedSed } from '../registry/resolve/route-answers.js';
import { isAnythingBelow } from '../registry/rows/below.js';
import { isBeginning } from './name.js';
import type { EnumSettings } from './settings.js';

/** What the registry has for a question. */
export interface Found {
  readonly seds: readonly SharedSed[];
  /** Whether there is anything at the name or below it. */
  readonly isThere: boolean;
}

/** Look-ups of the registry, and whether there is anything below what has none. */
export class Resolver {
  readonly #lookups: Pick<Lookups, 'ask'>;
  readonly #pool: Pool;
  readonly #most: number;
  #open = 0;

  constructor(lookups: Pick<Lookups, 'ask'>, pool: Pool, { waiting }: Pick<EnumSettings, 'waiting'>) {
    this.#lookups = lookups;
    this.#pool = pool;
    this.#most = waiting;
  }

  /** Whether as many questions wait as may. */
  get isFull(): boolean {
    return this.#open >= this.#most;
  }

  /** Asks the registry. Rejects with what the database says. */
  async ask(question: Question): Promise<Found> {
    this.#open++;
    try {
      const { seds } = (await this.#lookups.ask(question)).answer;
      const isSure = seds.length > 0 || isBeginning(question.identifier);
      return { seds, isThere: isSure || (await this.#isAnythingBelow(question)) };
    } finally {
      this.#open--;
    }
  }

  /** What cannot be told in time is not denied: resolvers would take all that is below for gone, too (RFC 8020). */
  async #isAnythingBelow(question: Question): Promise<boolean> {
    try {
      return await isAnythingBelow(this.#pool, question);
    } catch (error) {
      if (tookTooLong(error)) return true;
      throw error;
    }
  }
}
