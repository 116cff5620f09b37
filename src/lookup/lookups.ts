import type { Pool } from 'pg';
import { isPassing } from '../registry/failure.js';
import { type Question, resolve, resolveAll, type Sed, tookTooLong } from '../registry/resolve.js';
import { Line } from './line.js';

/** Questions in one statement; statements under way at once, and questions that are worth another beside the first. */
const MOST = 64;
const DEPTH = 2;
const WORTH = 8;

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
 * than answering a question; one statement is answered while the next is on its way. Statements that are shared get
 * little time. When one fails, its questions are asked again one by one; only what takes long by itself gets all of its
 * time, on connections of its own. So nobody waits long for what is slow or broken of others.
 */
export class Lookups {
  readonly #pools: LookupPools;
  readonly #line: Line;
  readonly #waiting: Waiting[] = [];
  /** Ends when all that shared a failed statement have been asked by themselves. */
  #suspects = Promise.resolve();

  constructor(pools: LookupPools) {
    this.#pools = pools;
    this.#line = new Line(pools.quick, () => this.#begin());
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
    const { underWay } = this.#line;
    if (underWay === DEPTH || this.#waiting.length < (underWay === 0 ? 1 : WORTH)) return;
    const several = this.#waiting.splice(0, MOST);
    const questions = several.map(({ question }) => question);
    void this.#answer(
      several,
      this.#line.use((client) => resolveAll(client, questions)),
    );
  }

  async #answer(several: readonly Waiting[], asked: Promise<Sed[][]>): Promise<void> {
    try {
      const answers = await asked;
      several.forEach(({ answer }, index) => {
        answer(answers[index] ?? []);
      });
    } catch (error) {
      if (several.length === 1) for (const one of several) this.#giveTime(one, error);
      // A database that is away is away for all of them.
      else if (isPassing(error) && !tookTooLong(error)) for (const { fail } of several) fail(error);
      else for (const one of several) this.#suspects = this.#suspects.then(() => this.#askAgain(one));
    }
  }

  #askAgain(one: Waiting): Promise<void> {
    return this.#answer([one], resolveAll(this.#pools.quick, [one.question]));
  }

  #giveTime({ question, answer, fail }: Waiting, error: unknown): void {
    if (tookTooLong(error)) void resolve(this.#pools.patient, question).then(answer, fail);
    else fail(error);
  }
}
