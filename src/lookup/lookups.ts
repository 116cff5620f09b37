import type { ClientBase, Pool } from 'pg';
import { isPassing } from '../registry/connection/database-error.js';
import { originOf } from '../registry/connection/lookup-pool.js';
import { type Question, tookTooLong } from '../registry/resolve/resolve.js';
import {
  answerAll,
  type Block,
  findBlock,
  findRouteKeys,
  type RouteAnswer,
} from '../registry/resolve/route-answers.js';
import { type CacheLimits, LookupCache } from './lookup-cache.js';
import { PipelinedConnection } from './pipelined-connection.js';
import { SlowRoutes } from './slow-routes.js';

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
export interface LookupResult {
  readonly answer: RouteAnswer;
  readonly subject: string;
}

interface Waiting {
  readonly question: Question;
  /** Where its identifier was found; as long as that is not known, it stands for itself. */
  routeKey: string;
  readonly answer: (found: LookupResult) => void;
  readonly fail: (error: unknown) => void;
}

/** Of a question that is not asked together with others, as what it asks for takes long. */
const ALONE = Symbol('alone');

/** What came of a question in a shared statement. */
type Outcome = LookupResult | typeof ALONE | undefined;

/**
 * Look-ups of many at once. Those that come in one turn of the event loop, or wait while others are under way, share a
 * statement, as beginning one takes longer than answering a question; one statement is answered while the next is on
 * its way. Statements that are shared get little time. When one fails, its questions are asked again one by one; only
 * what takes long by itself gets all of its time, on connections of its own, and where it was is remembered: what is asked
 * for there goes to those connections at once. So nobody waits long for what is slow or broken of others.
 *
 * Where an answer to another number at the same place is kept, finding the place is all that the database has to do; and
 * where that is kept as well, saying that nothing has changed.
 */
export class Lookups {
  readonly #pools: LookupPools;
  readonly #connection: PipelinedConnection;
  readonly #cache: LookupCache | undefined;
  readonly #slow = new SlowRoutes();
  readonly #waiting: Waiting[] = [];
  #origin: string | undefined;
  #isTurnOpen = false;
  #isLoading = false;
  /** Ends when all that shared a failed statement have been asked by themselves. */
  #suspects = Promise.resolve();

  constructor(pools: LookupPools, limits: CacheLimits) {
    this.#pools = pools;
    this.#connection = new PipelinedConnection(pools.quick, () => this.#begin());
    this.#cache = limits.answerBytes > 0 ? new LookupCache(limits) : undefined;
  }

  /** The session establishment data for an identifier, in order. Throws what the database throws. */
  ask(question: Question): Promise<LookupResult> {
    return new Promise((answer, fail) => {
      this.#waiting.push({ question, routeKey: question.identifier, answer, fail });
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
    if (this.#waiting.length === 0 || this.#connection.underWay === DEPTH) return;
    const several = this.#waiting.splice(0, MOST);
    void this.#answer(
      several,
      this.#connection.use((client) => this.#find(client, several)),
    );
  }

  /** What is kept, and the rest from the database. */
  async #find(client: ClientBase, several: readonly Waiting[]): Promise<Outcome[]> {
    const cache = this.#cache;
    if (cache === undefined) return this.#findTogether(several, (questions) => answerAll(client, questions));
    const origin = originOf(client);
    if (origin !== this.#origin) cache.forget();
    this.#origin = origin;
    const ticket = cache.ticket();
    const questions = several.map(({ question }) => question);
    const known = questions.map((question) => cache.findRouteKey(ticket, question));
    const sought = questions.filter((_, index) => known[index] === undefined);
    const { routeKeys, ...seen } = await findRouteKeys(client, sought, ticket.since);
    cache.confirm(ticket, seen);
    const stillKnown =
      seen.changes.length === 0 ? known : questions.map((question) => cache.findRouteKey(ticket, question));
    const others = routeKeys.values();
    const found = several.map((one, index): LookupResult | undefined => {
      const at = known[index] === undefined ? others.next().value : stillKnown[index];
      one.routeKey = at?.routeKey ?? one.routeKey;
      const answer = at?.routeKey === undefined ? undefined : cache.findAnswer(ticket, at.routeKey, one.question);
      return answer && { answer, subject: at?.subject ?? '' };
    });
    const missing = several.filter((_, index) => found[index] === undefined);
    const anew = await this.#findTogether(missing, (asked) => this.#findAnew(client, asked, cache));
    for (const question of sought) this.#count(question, cache);
    return found.map((detachedCopy) => detachedCopy ?? anew.shift());
  }

  /** Asks for all but those that would hold up the others. */
  async #findTogether(
    several: readonly Waiting[],
    find: (questions: readonly Question[]) => Promise<LookupResult[]>,
  ): Promise<Outcome[]> {
    const isAlone = several.map(({ question, routeKey }) => this.#slow.has(routeKey, question.asker));
    const questions = several.flatMap(({ question }, index) => (isAlone[index] ? [] : [question]));
    const found = questions.length === 0 ? [] : await find(questions);
    return isAlone.map((alone) => (alone ? ALONE : found.shift()));
  }

  async #findAnew(client: ClientBase, questions: readonly Question[], cache: LookupCache): Promise<LookupResult[]> {
    const ticket = cache.ticket();
    const found = await answerAll(client, questions);
    for (const [index, question] of questions.entries()) {
      const { routeKey, answer } = found[index] ?? {};
      if (routeKey !== undefined && answer !== undefined) cache.cacheAnswer(ticket, routeKey, question, answer);
    }
    return found;
  }

  #count(question: Question, cache: LookupCache): void {
    const block = cache.count(question);
    if (block !== undefined && !this.#isLoading) void this.#load(block, cache);
  }

  /** One at a time, as a block takes longer than a look-up, and nobody waits for it. */
  async #load(block: Block, cache: LookupCache): Promise<void> {
    this.#isLoading = true;
    const since = performance.now();
    try {
      await this.#findBlock(block, cache);
    } catch (error) {
      // What cannot be loaded now is asked for as before; what takes too long, for as long as nothing changes there.
      if (tookTooLong(error)) cache.cacheBlock(cache.ticket(), block, []);
    }
    const end = () => {
      this.#isLoading = false;
    };
    if (cache.isFull) setTimeout(end, PAUSE * (performance.now() - since)).unref();
    else end();
  }

  async #findBlock(block: Block, cache: LookupCache): Promise<void> {
    const client = await this.#pools.quick.connect();
    try {
      if (originOf(client) !== this.#origin) return;
      const ticket = cache.ticket();
      cache.cacheBlock(ticket, block, await findBlock(client, block));
    } finally {
      client.release();
    }
  }

  async #answer(several: readonly Waiting[], asked: Promise<readonly Outcome[]>): Promise<void> {
    try {
      const found = await asked;
      for (const [index, one] of several.entries()) {
        const detachedCopy = found[index];
        if (detachedCopy === ALONE) void this.#giveTime(one);
        else if (detachedCopy === undefined) one.fail(new Error('an answer is missing'));
        else one.answer(detachedCopy);
      }
    } catch (error) {
      if (several.length === 1) for (const one of several) this.#askAlone(one, error);
      // A database that is away is away for all of them.
      else if (isPassing(error) && !tookTooLong(error)) for (const { fail } of several) fail(error);
      else for (const one of several) this.#suspects = this.#suspects.then(() => this.#askAgain(one));
    }
  }

  #askAgain(one: Waiting): Promise<void> {
    return this.#answer(
      [one],
      this.#findTogether([one], (questions) => answerAll(this.#pools.quick, questions)),
    );
  }

  #askAlone(one: Waiting, error: unknown): void {
    if (!tookTooLong(error)) {
      one.fail(error);
      return;
    }
    this.#slow.add(one.routeKey, one.question.asker);
    void this.#giveTime(one);
  }

  /** With all the time that a look-up may take; what it brings is kept, as it will not be asked for with others. */
  async #giveTime({ question, answer, fail }: Waiting): Promise<void> {
    try {
      const client = await this.#pools.patient.connect();
      const isSame = originOf(client) === this.#origin;
      const asked =
        isSame && this.#cache !== undefined
          ? this.#findAnew(client, [question], this.#cache)
          : answerAll(client, [question]);
      const [found] = await asked.finally(() => client.release());
      if (found === undefined) fail(new Error('an answer is missing'));
      else answer(found);
    } catch (error) {
      fail(error);
    }
  }
}
