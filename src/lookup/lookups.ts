import type { ClientBase, Pool } from 'pg';
import { isOfDatabase } from '../registry/connection/database-error.js';
import { originOf } from '../registry/connection/lookup-pool.js';
import { type Question, tookTooLong } from '../registry/resolve/resolve.js';
import { answerAll, findRouteKeys, type RouteAnswer, type RouteAnswerAt } from '../registry/resolve/route-answers.js';
import { BlockLoader } from './block-loader.js';
import { DataAge, TooOldError } from './data-age.js';
import { type CacheLimits, LookupCache } from './lookup-cache.js';
import { PipelinedConnection } from './pipelined-connection.js';
import { retry } from './retry.js';
import { SlowRoutes } from './slow-routes.js';

/** Questions in one statement, and statements under way at once. */
const MAX_QUESTIONS = 64;
const MAX_STATEMENTS = 2;

/** Connections of look-ups: `quick` ones have a short timeout for each statement, `slow` ones the whole one. */
export interface LookupPools {
  readonly quick: Pool;
  readonly slow: Pool;
}

export interface LookupLimits {
  /** Of all pools together. */
  readonly connections: number;
  readonly caches: CacheLimits;
  /** Milliseconds by which the data of a standby may be older than those of its primary. */
  readonly maxAge: number;
}

/** An answer, which other identifiers may share, and the identifier as patterns see it. */
export interface LookupResult {
  readonly answer: RouteAnswer;
  readonly subject: string;
}

/** How often the look-ups did what, since the start. */
export interface LookupCounts {
  /** Questions that were asked. */
  questions: number;
  /** Statements that they shared. */
  statements: number;
}

interface Waiting {
  readonly question: Question;
  /** The identifier's route key; before that is known, the identifier itself. */
  routeKey: string;
  readonly answer: (result: LookupResult) => void;
  readonly fail: (error: unknown) => void;
}

/** The outcome of a question that is not asked together with others, as its answer takes long. */
const ALONE = Symbol('alone');

/** The outcome of a question in a shared statement. */
type Outcome = LookupResult | typeof ALONE | undefined;

/**
 * Look-ups, many at once. Questions that arrive in one turn of the event loop share a statement, as a statement takes longer
 * than a question in it. While one is under way, the next is sent behind it as soon as as many questions wait as that one
 * has: a single question does not wait for another one, and many do not send many statements. A shared statement has a
 * short timeout. When it fails, its questions are asked again one by one; a question that is slow by itself gets the whole
 * timeout, on a connection for slow ones, and its route key is remembered: later questions for it use those connections at
 * once. So a slow or failing question does not delay others for long.
 *
 * Where the answer of a route key is cached, the database only has to find the route key; where that is cached too, it only
 * has to report changes.
 */
export class Lookups {
  readonly #pools: LookupPools;
  readonly #connection: PipelinedConnection;
  readonly #cache: LookupCache | undefined;
  readonly #loader: BlockLoader | undefined;
  readonly #counts: LookupCounts = { questions: 0, statements: 0 };
  readonly #slow = new SlowRoutes();
  readonly #age: DataAge;
  readonly #connections: number;
  readonly #waiting: Waiting[] = [];
  #origin: string | undefined;
  #isTurnOpen = false;
  #isClosed = false;
  /** Settles when all questions of failed statements have been asked again one by one. */
  #suspects = Promise.resolve();

  constructor(pools: LookupPools, { connections, caches, maxAge }: LookupLimits) {
    this.#pools = pools;
    this.#connections = connections;
    this.#age = new DataAge(maxAge / 1000);
    this.#connection = new PipelinedConnection(pools.quick, () => this.#openTurn());
    if (caches.answerBytes === 0) return;
    const cache = new LookupCache(caches);
    this.#cache = cache;
    this.#loader = new BlockLoader({
      pool: pools.quick,
      cache,
      isOwn: (client) => originOf(client) === this.#origin,
      asked: () => this.#counts.questions,
    });
  }

  get counts(): Readonly<LookupCounts> {
    return this.#counts;
  }

  /**
   * Loads the route keys of all numbers into the cache, beside the look-ups, until it is full. Where the database fails, the
   * look-ups that come make it go on.
   *
   * @returns whether that is done
   */
  async warmUp(): Promise<boolean> {
    if (this.#loader === undefined) return false;
    try {
      // Its snapshot is the first that the cache is of.
      await this.#connection.use((client) => this.#find(client, []));
    } catch (error) {
      if (!this.#isClosed) throw error;
    } finally {
      this.#loader.begin();
    }
    await this.#loader.run();
    return this.isWarm;
  }

  /** Whether the route keys of all numbers have been loaded, or as many as the cache takes. */
  get isWarm(): boolean {
    return this.#loader?.isDone ?? false;
  }

  /** Asks the database for the age of its data. Rejects if they are too old, or with the error of the database. */
  async checkAge(): Promise<void> {
    const { age } = await this.#connection.use((client) => findRouteKeys(client, [], undefined));
    this.#age.check(age);
  }

  /** Seconds by which the data may be older than the primary's, as far as statements have told; undefined: not known. */
  get dataAge(): number | undefined {
    return this.#age.seconds;
  }

  /** The session establishment data for an identifier, in order. Rejects with the error of the database. */
  ask(question: Question): Promise<LookupResult> {
    return new Promise((answer, fail) => {
      this.#counts.questions++;
      this.#waiting.push({ question, routeKey: question.identifier, answer, fail });
      this.#openTurn();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#loader?.close();
    await Promise.all([this.#pools.quick.end(), this.#pools.slow.end()]);
  }

  /** Begins once all that has arrived by now is read. */
  #openTurn(): void {
    if (this.#isTurnOpen || this.#waiting.length === 0) return;
    this.#isTurnOpen = true;
    setImmediate(() => {
      this.#isTurnOpen = false;
      this.#begin();
    });
  }

  #begin(): void {
    const { underWay, weight } = this.#connection;
    if (underWay === MAX_STATEMENTS || this.#waiting.length < Math.min(weight, MAX_QUESTIONS)) return;
    const several = this.#waiting.splice(0, MAX_QUESTIONS);
    this.#counts.statements++;
    void this.#answer(
      several,
      retry(() => this.#connection.use((client) => this.#find(client, several), several.length), this.#connections),
    );
    this.#openTurn();
  }

  /** Answers from the cache, and the rest from the database. */
  async #find(client: ClientBase, several: readonly Waiting[]): Promise<Outcome[]> {
    const cache = this.#cache;
    if (cache === undefined) return this.#findTogether(several, (questions) => this.#ask(client, questions));
    const origin = originOf(client);
    if (origin !== this.#origin) cache.forget();
    this.#origin = origin;
    const ticket = cache.ticket();
    const questions = several.map(({ question }) => question);
    const known = questions.map((question) => cache.findRouteKey(ticket, question));
    const sought = questions.filter((_, index) => known[index] === undefined);
    const { routeKeys, age, ...seen } = await findRouteKeys(client, sought, ticket.since);
    this.#age.check(age);
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
    for (const question of sought) this.#loader?.want(cache.count(question));
    const missing = several.filter((_, index) => found[index] === undefined);
    if (missing.length === 0) return found;
    const anew = await this.#findTogether(missing, (asked) => this.#findAnew(client, asked, cache));
    return found.map((cached) => cached ?? anew.shift());
  }

  /** Asks for all in one statement, except for those with slow route keys. */
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
    const found = await this.#ask(client, questions);
    for (const [index, question] of questions.entries()) {
      const { routeKey, answer } = found[index] ?? {};
      if (routeKey !== undefined && answer !== undefined) cache.cacheAnswer(ticket, routeKey, question, answer);
    }
    return found;
  }

  async #ask(db: Pick<ClientBase, 'query'>, questions: readonly Question[]): Promise<RouteAnswerAt[]> {
    const found = await answerAll(db, questions);
    for (const { age } of found.slice(0, 1)) this.#age.check(age); // all are of one statement
    return found;
  }

  async #answer(several: readonly Waiting[], asked: Promise<readonly Outcome[]>): Promise<void> {
    try {
      const found = await asked;
      for (const [index, one] of several.entries()) {
        const outcome = found[index];
        if (outcome === ALONE) void this.#askSlowly(one);
        else if (outcome === undefined) one.fail(new Error('an answer is missing'));
        else one.answer(outcome);
      }
    } catch (error) {
      if (several.length === 1) for (const one of several) this.#askAlone(one, error);
      // If the database cannot be reached, all of them fail.
      else if (error instanceof TooOldError || isOfDatabase(error)) for (const { fail } of several) fail(error);
      else for (const one of several) this.#suspects = this.#suspects.then(() => this.#askAgain(one));
    }
  }

  #askAgain(one: Waiting): Promise<void> {
    return this.#answer(
      [one],
      this.#findTogether([one], () => this.#askOn(this.#pools.quick, one.question)),
    );
  }

  #askAlone(one: Waiting, error: unknown): void {
    if (!tookTooLong(error)) {
      one.fail(error);
      return;
    }
    this.#slow.add(one.routeKey, one.question.asker);
    void this.#askSlowly(one);
  }

  /** Asks with the whole timeout; the answer is cached, as the question is not asked together with others any more. */
  async #askSlowly({ question, answer, fail }: Waiting): Promise<void> {
    try {
      const [found] = await this.#askOn(this.#pools.slow, question);
      if (found === undefined) fail(new Error('an answer is missing'));
      else answer(found);
    } catch (error) {
      fail(error);
    }
  }

  /** Asks on a connection of its own. */
  #askOn(pool: Pool, question: Question): Promise<LookupResult[]> {
    return retry(async () => {
      const client = await pool.connect();
      try {
        const cache = originOf(client) === this.#origin ? this.#cache : undefined;
        const found = await (cache === undefined
          ? this.#ask(client, [question])
          : this.#findAnew(client, [question], cache));
        client.release();
        return found;
      } catch (error) {
        client.release(!tookTooLong(error));
        throw error;
      }
    }, this.#connections);
  }
}
