import type { Pool } from 'pg';
import type { Lookups } from '../lookup/lookups.js';
import { type Question, tookTooLong } from '../registry/resolve/resolve.js';
import type { SharedSed } from '../registry/resolve/route-answers.js';
import { isAnythingBelow } from '../registry/rows/below.js';
import { isBeginning } from './name.js';
import type { EnumSettings } from './settings.js';

/** The registry's answer to a question. */
export interface Resolution {
  readonly seds: readonly SharedSed[];
  /** Whether the name exists: it has records, or names below it have. */
  readonly exists: boolean;
}

/** Looks up identifiers, and whether there are others that begin with one that has no records. */
export class Resolver {
  readonly #lookups: Pick<Lookups, 'ask'>;
  readonly #pool: Pool;
  readonly #maxOpen: number;
  #open = 0;

  constructor(lookups: Pick<Lookups, 'ask'>, pool: Pool, { waiting }: Pick<EnumSettings, 'waiting'>) {
    this.#lookups = lookups;
    this.#pool = pool;
    this.#maxOpen = waiting;
  }

  /** Whether as many questions are open as are allowed. */
  get isFull(): boolean {
    return this.#open >= this.#maxOpen;
  }

  /** Asks the registry. Rejects with the error of the database. */
  async ask(question: Question): Promise<Resolution> {
    this.#open++;
    try {
      const { seds } = (await this.#lookups.ask(question)).answer;
      const isSure = seds.length > 0 || isBeginning(question.identifier);
      return { seds, exists: isSure || (await this.#isAnythingBelow(question)) };
    } finally {
      this.#open--;
    }
  }

  /** If that takes too long, the name is not denied: resolvers would take all names below it as non-existent (RFC 8020). */
  async #isAnythingBelow(question: Question): Promise<boolean> {
    try {
      return await isAnythingBelow(this.#pool, question);
    } catch (error) {
      if (tookTooLong(error)) return true;
      throw error;
    }
  }
}
