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
import { NumberCache } from './number-cache.js';

/** When a statement was sent: what it may be answered from, and whether what it brings may be kept. */
export interface Ticket {
  readonly age: number;
  readonly order: number;
  readonly changes: number;
  /** The snapshot to ask with; undefined if there is none yet. */
  readonly since: string | undefined;
}

export interface CacheLimits {
  /** Bytes of kept answers; nothing is kept if it is 0. */
  readonly answerBytes: number;
  /** Bytes of kept blocks of numbers; none are kept if it is 0. */
  readonly numberBytes: number;
}

/**
 * Where numbers are and what is answered there, until something that it is made of changes. The database decides that,
 * in a statement on behalf of each look-up: an answer given from here is the one that SQL would have given at that moment.
 *
 * A statement tells what has changed between a snapshot, which stands for all that is kept, and its own. It can be
 * answered with what was kept before it was sent, as that is older than its snapshot, and has not changed since; and
 * what it brings can be kept if no change has been heard of since it was sent. What is answered is kept for an age, which
 * ends with any change of something else than identifiers: statements of an earlier age find nothing and keep nothing.
 */
export class LookupCache {
  readonly #answers: AnswerCache;
  readonly #numbers: NumberCache;
  #order = 0;
  #age = 0;
  #changes = 0;
  #since: string | undefined;

  constructor({ answerBytes, numberBytes }: CacheLimits) {
    this.#answers = new AnswerCache(answerBytes);
    this.#numbers = new NumberCache(numberBytes);
  }

  /** Taken before a statement is sent. */
  ticket(): Ticket {
    return { age: this.#age, order: this.#order, changes: this.#changes, since: this.#since };
  }

  /** What a statement says that asked with the ticket's snapshot. */
  confirm(ticket: Ticket, { snapshot, changes }: Pick<RouteKeys, 'snapshot' | 'changes'>): void {
    if (ticket.age !== this.#age) return;
    if (ticket.since === undefined && this.#since !== undefined) return;
    if (snapshot === undefined) this.forget();
    else if (changes.length > 0) this.#change(changes);
    this.#since = snapshot;
  }

  /** Where the statement with this ticket may look for a number; to be asked for again where there are changes. */
  findRouteKey(ticket: Ticket, { identifier }: Question): Located | undefined {
    return ticket.age === this.#age ? this.#numbers.find(ticket.order, identifier) : undefined;
  }

  /** What the statement with this ticket may be answered with. */
  findAnswer(ticket: Ticket, routeKey: string, question: Question): RouteAnswer | undefined {
    return ticket.age === this.#age ? this.#answers.find(ticket.order, routeKey, question) : undefined;
  }

  /** Keeps what the statement with this ticket brought. */
  cacheAnswer(ticket: Ticket, routeKey: string, question: Question, answer: RouteAnswer): void {
    if (ticket.age === this.#age && ticket.since !== undefined) {
      this.#answers.keep(this.#order++, routeKey, question, answer);
    }
  }

  /** Whether a block is kept at the cost of others. */
  get isFull(): boolean {
    return this.#numbers.isFull;
  }

  /** Counts that a number had to be asked for. Gives its block when it should be kept. */
  count({ identifier }: Question): Block | undefined {
    return this.#numbers.count(identifier);
  }

  /** Keeps what the statement with this ticket brought; without places, that there is nothing to be kept. */
  cacheBlock(ticket: Ticket, block: Block, routeKeys: readonly BlockRouteKey[]): void {
    if (ticket.age === this.#age && ticket.changes === this.#changes && ticket.since !== undefined) {
      this.#numbers.keep(this.#order++, block, routeKeys);
    }
  }

  /** Of a database that was exchanged, nothing is known. */
  forget(): void {
    this.#age += 1;
    this.#since = undefined;
    this.#answers.clear();
    this.#numbers.clear();
  }

  #change(changes: readonly Change[]): void {
    this.#changes += 1;
    this.#numbers.drop(changes);
    if (!changes.some(([first, last]) => first === '' && last === '')) return;
    this.#age += 1;
    this.#answers.clear();
  }
}
