import type { Pool } from 'pg';
import { isPassing } from '../registry/failure.js';
import { type Question, type Sed, tookTooLong } from '../registry/resolve.js';
import { isAnythingBelow, resolveMany } from '../registry/resolve-many.js';
import { isBeginning } from './name.js';
import type { EnumSettings } from './settings.js';

/** What the registry has for a question. */
export interface Found {
  readonly seds: readonly Sed[];
  /** Whether there is anything at the name or below it. */
  readonly isThere: boolean;
}

interface Waiting {
  readonly question: Question;
  readonly resolve: (found: Found) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Questions that come while the database is busy share its next statement: each still gets what it would have got alone.
 * If one of them breaks the statement, each is asked again by itself, so that the failure stays with whose it is.
 */
export class Resolver {
  readonly #pool: Pool;
  readonly #settings: Pick<EnumSettings, 'statements' | 'perStatement' | 'waiting'>;
  #waiting: Waiting[] = [];
  #underWay = 0;
  #open = 0;

  constructor(pool: Pool, settings: Pick<EnumSettings, 'statements' | 'perStatement' | 'waiting'>) {
    this.#pool = pool;
    this.#settings = settings;
  }

  /** Whether more questions wait than may. */
  get isFull(): boolean {
    return this.#open >= this.#settings.waiting;
  }

  /** Asks the registry. Rejects with what the database says. */
  ask(question: Question): Promise<Found> {
    this.#open++;
    return new Promise<Found>((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject });
      if (this.#underWay < this.#settings.statements) void this.#take();
    }).finally(() => {
      this.#open--;
    });
  }

  async #take(): Promise<void> {
    this.#underWay++;
    while (this.#waiting.length > 0) {
      const taken = this.#waiting.splice(0, this.#settings.perStatement);
      await this.#settle(taken);
    }
    this.#underWay--;
  }

  async #settle(taken: readonly Waiting[]): Promise<void> {
    try {
      const found = await this.#find(taken.map(({ question }) => question));
      taken.forEach(({ resolve }, index) => {
        resolve(found[index] ?? { seds: [], isThere: false });
      });
    } catch (error) {
      // A database that is away is away for all of them.
      const isOfOne = taken.length > 1 && (tookTooLong(error) || !isPassing(error));
      if (isOfOne) for (const one of taken) await this.#settle([one]);
      else for (const { reject } of taken) reject(error);
    }
  }

  async #find(questions: readonly Question[]): Promise<Found[]> {
    const answers = await resolveMany(this.#pool, questions);
    const isSure = questions.map(({ identifier }, index) => answers[index]?.length !== 0 || isBeginning(identifier));
    const unsure = questions.filter((_, index) => isSure[index] !== true);
    const below = unsure.length === 0 ? [] : await isAnythingBelow(this.#pool, unsure);
    return answers.map((seds, index) => ({ seds, isThere: isSure[index] === true || below.shift() === true }));
  }
}
