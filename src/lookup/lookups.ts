import type { Pool } from 'pg';
import { isPassing } from '../registry/failure.js';
import { type Question, resolve, resolveAll, type Sed, tookTooLong } from '../registry/resolve.js';

/** Statements for several questions that are under way at once, and questions in one of them. */
const LANES = 2;
const MOST = 64;

/** The connections of look-ups: those with little time for each statement, and those with all of it. */
export interface LookupPools {
  readonly quick: Pool;
  readonly patient: Pool;
}

interface Waiting {
  readonly question: Question;
  readonly answer: (seds: Sed[]) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Look-ups of many at once. Those that wait while others are under way share a statement, as beginning one takes longer
 * than answering a question. Statements that are shared get little time. When one fails, its questions are asked again
 * one by one; only what takes long by itself gets all of its time, on connections of its own. So nobody waits long for
 * what is slow or broken of others.
 */
export class Lookups {
  readonly #pools: LookupPools;
  readonly #waiting: Waiting[] = [];
  #underWay = 0;
  /** Ends when all that shared a failed statement have been asked by themselves. */
  #suspects = Promise.resolve();

  constructor(pools: LookupPools) {
    this.#pools = pools;
  }

  /** The session establishment data for an identifier, in order. Throws what the database throws. */
  ask(question: Question): Promise<Sed[]> {
    return new Promise((answer, fail) => {
      this.#waiting.push({ question, answer, fail });
      this.#begin();
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.#pools.quick.end(), this.#pools.patient.end()]);
  }

  #begin(): void {
    if (this.#underWay === LANES || this.#waiting.length === 0) return;
    this.#underWay += 1;
    void this.#answer(this.#waiting.splice(0, MOST)).finally(() => {
      this.#underWay -= 1;
      this.#begin();
    });
  }

  async #answer(several: readonly Waiting[]): Promise<void> {
    try {
      const answers = await resolveAll(
        this.#pools.quick,
        several.map(({ question }) => question),
      );
      several.forEach(({ answer }, index) => {
        answer(answers[index] ?? []);
      });
    } catch (error) {
      if (several.length === 1) for (const one of several) this.#giveTime(one, error);
      // A database that is away is away for all of them.
      else if (isPassing(error) && !tookTooLong(error)) for (const { fail } of several) fail(error);
      else for (const one of several) this.#suspects = this.#suspects.then(() => this.#answer([one]));
    }
  }

  #giveTime({ question, answer, fail }: Waiting, error: unknown): void {
    if (tookTooLong(error)) void resolve(this.#pools.patient, question).then(answer, fail);
    else fail(error);
  }
}
