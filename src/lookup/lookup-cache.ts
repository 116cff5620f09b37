import type { Question } from '../registry/resolve/resolve.js';
import type {
  Block,
  BlockRouteKey,
  Change,
  Located,
  RouteAnswer,
  RouteKeys,
} from '../registry/resolve/route-answers.js';
import { AnswerCache } from './answer-cache.js';
import { isChangeIn, NumberCache } from './number-cache.js';

/** When a statement was sent: decides which cached answers it may use, and whether its results may be cached. */
export interface Ticket {
  readonly age: number;
  readonly order: number;
  readonly changes: number;
  /** The snapshot since which the statement reads changes; undefined if there is none yet. */
  readonly since: string | undefined;
}

/** Lists of changes that are remembered for blocks which are being read when they come. */
const MAX_RECENT = 100;

export interface CacheLimits {
  /** Bytes of cached answers; 0: no cache at all. */
  readonly answerBytes: number;
  /** Bytes of cached blocks of numbers; 0: none. */
  readonly numberBytes: number;
}

/**
 * Route keys of numbers, and answers by route key, until the data that they are made from change. The database reports
 * changes in a statement for each look-up: a cached answer is the one that SQL would give at that moment.
 *
 * A statement returns the changes between a snapshot, which stands for the whole cache, and its own snapshot. Entries cached
 * before it was sent are older than its snapshot, so those that have not changed since may answer it. Its results may be
 * cached if no change of them was reported since it was sent. Answers live for an age: a change of anything but identifiers ends the
 * age, and statements of an earlier age neither read the cache nor write it.
 */
export class LookupCache {
  readonly #answers: AnswerCache;
  readonly #numbers: NumberCache;
  #order = 0;
  #age = 0;
  #changes = 0;
  #recent: (readonly Change[])[] = [];
  #emptied = 0;
  #since: string | undefined;

  constructor({ answerBytes, numberBytes }: CacheLimits) {
    this.#answers = new AnswerCache(answerBytes);
    this.#numbers = new NumberCache(numberBytes);
  }

  /** The ticket of a statement; to be taken before it is sent. */
  ticket(): Ticket {
    return { age: this.#age, order: this.#order, changes: this.#changes, since: this.#since };
  }

  /** Takes note of the snapshot and the changes that the ticket's statement returned. */
  confirm(ticket: Ticket, { snapshot, changes }: Pick<RouteKeys, 'snapshot' | 'changes'>): void {
    if (ticket.age !== this.#age) return;
    if (ticket.since === undefined && this.#since !== undefined) return;
    if (snapshot === undefined) this.forget();
    else if (changes.length > 0) this.#change(changes);
    this.#since = snapshot;
  }

  /** A number's cached route key, as the ticket's statement may use it; to be read again if the statement returns changes. */
  findRouteKey(ticket: Ticket, { identifier }: Question): Located | undefined {
    return ticket.age === this.#age ? this.#numbers.find(ticket.order, identifier) : undefined;
  }

  /** A cached answer, as the ticket's statement may use it. */
  findAnswer(ticket: Ticket, routeKey: string, question: Question): RouteAnswer | undefined {
    return ticket.age === this.#age ? this.#answers.find(ticket.order, routeKey, question) : undefined;
  }

  /** Caches an answer that the ticket's statement returned. */
  cacheAnswer(ticket: Ticket, routeKey: string, question: Question, answer: RouteAnswer): void {
    if (ticket.age === this.#age && ticket.since !== undefined) {
      this.#answers.add(this.#order++, routeKey, question, answer);
    }
  }

  /** How often all numbers were dropped. */
  get emptied(): number {
    return this.#emptied;
  }

  /** Whether a block is cached, or is known as one that cannot be. */
  hasBlock(block: Block): boolean {
    return this.#numbers.has(block);
  }

  /** Whether another block would displace others. */
  get isFull(): boolean {
    return this.#numbers.isFull;
  }

  /** Counts a number that was not cached. Returns its block when that is worth loading. */
  count({ identifier }: Question): Block | undefined {
    return this.#numbers.count(identifier);
  }

  /** Caches the route keys of a block that the ticket's statement returned; none: the block cannot be cached. */
  cacheBlock(ticket: Ticket, block: Block, routeKeys: readonly BlockRouteKey[]): void {
    if (ticket.age !== this.#age || ticket.since === undefined || this.#hasChanged(block, ticket)) return;
    this.#numbers.add(this.#order++, block, routeKeys);
  }

  /** Drops everything: the database is another one. */
  forget(): void {
    this.#age += 1;
    this.#emptied += 1;
    this.#since = undefined;
    this.#answers.clear();
    this.#numbers.clear();
  }

  /** Whether a change in the block was reported since the ticket's statement was sent. */
  #hasChanged(block: Block, ticket: Ticket): boolean {
    const missed = this.#changes - ticket.changes;
    const reported = this.#recent.slice(this.#recent.length - missed);
    return missed > this.#recent.length || reported.flat().some((change) => isChangeIn(block, change));
  }

  #change(changes: readonly Change[]): void {
    this.#changes += 1;
    this.#recent = [...this.#recent, changes].slice(-MAX_RECENT);
    if (changes.some(([first, last]) => first === '' && last === ':')) this.#emptied += 1;
    this.#numbers.drop(changes);
    if (!changes.some(([first, last]) => first === '' && last === '')) return;
    this.#age += 1;
    this.#answers.clear();
  }
}
