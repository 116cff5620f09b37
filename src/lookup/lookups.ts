import type { ClientBase, Pool } from 'pg';
import { type Answer, answerAll, type Block, findBlock, findPlaces } from '../registry/answers.js';
import { isPassing } from '../registry/failure.js';
import { originOf } from '../registry/lookup-pool.js';
import { type Question, tookTooLong } from '../registry/resolve.js';
import { Kept, type Room } from './kept.js';
import { Line } from './line.js';

/** Questions in one statement, and statements under way at once. */
const MOST = 64;
const DEPTH = 2;

/** How often as long as for loading a block the database is left alone after it, when others have to go for each. */
const PAUSE = 10;

/** The connections of look-ups: those with little time for each statement, and those with all of it. */
export interface LookupPools {
  readonly quick: Pool;
  readonly patient: Pool;
}

/** What is answered, perhaps to others as well, and the identifier as patterns see it. */
export interface Found {
  readonly answer: Answer;
  readonly subject: string;
}

interface Waiting {
  readonly question: Question;
  readonly answer: (found: Found) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Look-ups of many at once. Those that come in one turn of the event loop, or wait while others are under way, share a
 * statement, as beginning one takes longer than answering a question; one statement is answered while the next is on
 * its way. Statements that are shared get little time. When one fails, its questions are asked again one by one; only
 * what takes long by itself gets all of its time, on connections of its own. So nobody waits long for what is slow or
 * broken of others.
 *
 * Where an answer to another number at the same place is kept, finding the place is all that the database has to do; and
 * where that is kept as well, saying that nothing has changed.
 */
export class Lookups {
  readonly #pools: LookupPools;
  readonly #line: Line;
  readonly #kept: Kept | undefined;
  readonly #waiting: Waiting[] = [];
  #origin: string | undefined;
  #isTurnOpen = false;
  #isLoading = false;
  /** Ends when all that shared a failed statement have been asked by themselves. */
  #suspects = Promise.resolve();

  constructor(pools: LookupPools, room: Room) {
    this.#pools = pools;
    this.#line = new Line(pools.quick, () => this.#begin());
    this.#kept = room.records > 0 ? new Kept(room) : undefined;
  }

  /** The session establishment data for an identifier, in order. Throws what the database throws. */
  ask(question: Question): Promise<Found> {
    return new Promise((answer, fail) => {
      this.#waiting.push({ question, answer, fail });
      if (this.#isTurnOpen) return;
      this.#isTurnOpen = true;
      setImmediate(() => {
        this.#isTurnOpen = false;
        this.#begin();
      });
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.#pools.quick.end(), this.#pools.patient.end()]);
  }

  #begin(): void {
    if (this.#waiting.length === 0 || this.#line.underWay === DEPTH) return;
    const several = this.#waiting.splice(0, MOST);
    const questions = several.map(({ question }) => question);
    void this.#answer(
      several,
      this.#line.use((client) => this.#find(client, questions)),
    );
  }

  /** What is kept, and the rest from the database. */
  async #find(client: ClientBase, questions: readonly Question[]): Promise<(Found | undefined)[]> {
    const kept = this.#kept;
    if (kept === undefined) return answerAll(client, questions);
    const origin = originOf(client);
    if (origin !== this.#origin) kept.forget();
    this.#origin = origin;
    const ticket = kept.ticket();
    const known = questions.map((question) => kept.findPlace(ticket, question));
    const sought = questions.filter((_, index) => known[index] === undefined);
    const { places, ...seen } = await findPlaces(client, sought, ticket.since);
    kept.confirm(ticket, seen);
    const stillKnown =
      seen.changes.length === 0 ? known : questions.map((question) => kept.findPlace(ticket, question));
    const others = places.values();
    const found = questions.map((question, index): Found | undefined => {
      const at = known[index] === undefined ? others.next().value : stillKnown[index];
      const answer = at?.place === undefined ? undefined : kept.findAnswer(ticket, at.place, question);
      return answer && { answer, subject: at?.subject ?? '' };
    });
    const missing = questions.filter((_, index) => found[index] === undefined);
    const anew = missing.length === 0 ? [] : await this.#findAnew(client, missing, kept);
    for (const question of sought) this.#count(question, kept);
    return found.map((own) => own ?? anew.shift());
  }

  async #findAnew(client: ClientBase, questions: readonly Question[], kept: Kept): Promise<Found[]> {
    const ticket = kept.ticket();
    const found = await answerAll(client, questions);
    for (const [index, question] of questions.entries()) {
      const { place, answer } = found[index] ?? {};
      if (place !== undefined && answer !== undefined) kept.keepAnswer(ticket, place, question, answer);
    }
    return found;
  }

  #count(question: Question, kept: Kept): void {
    const block = kept.count(question);
    if (block !== undefined && !this.#isLoading) void this.#load(block, kept);
  }

  /** One at a time, as a block takes longer than a look-up, and nobody waits for it. */
  async #load(block: Block, kept: Kept): Promise<void> {
    this.#isLoading = true;
    const since = performance.now();
    try {
      await this.#findBlock(block, kept);
    } catch (error) {
      // What cannot be loaded now is asked for as before; what takes too long, for as long as nothing changes there.
      if (tookTooLong(error)) kept.keepBlock(kept.ticket(), block, []);
    }
    const end = () => {
      this.#isLoading = false;
    };
    if (kept.isFull) setTimeout(end, PAUSE * (performance.now() - since)).unref();
    else end();
  }

  async #findBlock(block: Block, kept: Kept): Promise<void> {
    const client = await this.#pools.quick.connect();
    try {
      if (originOf(client) !== this.#origin) return;
      const ticket = kept.ticket();
      kept.keepBlock(ticket, block, await findBlock(client, block));
    } finally {
      client.release();
    }
  }

  async #answer(several: readonly Waiting[], asked: Promise<readonly (Found | undefined)[]>): Promise<void> {
    try {
      const found = await asked;
      for (const [index, { answer, fail }] of several.entries()) {
        const own = found[index];
        if (own === undefined) fail(new Error('an answer is missing'));
        else answer(own);
      }
    } catch (error) {
      if (several.length === 1) for (const one of several) this.#giveTime(one, error);
      // A database that is away is away for all of them.
      else if (isPassing(error) && !tookTooLong(error)) for (const { fail } of several) fail(error);
      else for (const one of several) this.#suspects = this.#suspects.then(() => this.#askAgain(one));
    }
  }

  #askAgain(one: Waiting): Promise<void> {
    return this.#answer([one], answerAll(this.#pools.quick, [one.question]));
  }

  #giveTime(one: Waiting, error: unknown): void {
    if (!tookTooLong(error)) one.fail(error);
    else {
      void answerAll(this.#pools.patient, [one.question]).then(
        ([found]) => (found === undefined ? one.fail(error) : one.answer(found)),
        one.fail,
      );
    }
  }
}
