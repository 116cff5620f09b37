import type { Answer, Block, BlockPlace, Change, Place, Places } from '../registry/answers.js';
import type { Question } from '../registry/resolve.js';
import { KeptAnswers } from './kept-answers.js';
import { KeptNumbers } from './kept-numbers.js';

/** When a statement was sent: what it may be answered from, and whether what it brings may be kept. */
export interface Ticket {
  readonly age: number;
  readonly order: number;
  readonly changes: number;
  /** The snapshot to ask with; undefined if there is none yet. */
  readonly since: string | undefined;
}

export interface Room {
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
export class Kept {
  readonly #answers: KeptAnswers;
  readonly #numbers: KeptNumbers;
  #order = 0;
  #age = 0;
  #changes = 0;
  #since: string | undefined;

  constructor({ answerBytes, numberBytes }: Room) {
    this.#answers = new KeptAnswers(answerBytes);
    this.#numbers = new KeptNumbers(numberBytes);
  }

  /** Taken before a statement is sent. */
  ticket(): Ticket {
    return { age: this.#age, order: this.#order, changes: this.#changes, since: this.#since };
  }

  /** What a statement says that asked with the ticket's snapshot. */
  confirm(ticket: Ticket, { snapshot, changes }: Pick<Places, 'snapshot' | 'changes'>): void {
    if (ticket.age !== this.#age) return;
    if (ticket.since === undefined && this.#since !== undefined) return;
    if (snapshot === undefined) this.forget();
    else if (changes.length > 0) this.#change(changes);
    this.#since = snapshot;
  }

  /** Where the statement with this ticket may look for a number; to be asked for again where there are changes. */
  findPlace(ticket: Ticket, { identifier }: Question): Place | undefined {
    return ticket.age === this.#age ? this.#numbers.find(ticket.order, identifier) : undefined;
  }

  /** What the statement with this ticket may be answered with. */
  findAnswer(ticket: Ticket, place: string, question: Question): Answer | undefined {
    return ticket.age === this.#age ? this.#answers.find(ticket.order, place, question) : undefined;
  }

  /** Keeps what the statement with this ticket brought. */
  keepAnswer(ticket: Ticket, place: string, question: Question, answer: Answer): void {
    if (ticket.age === this.#age && ticket.since !== undefined) {
      this.#answers.keep(this.#order++, place, question, answer);
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
  keepBlock(ticket: Ticket, block: Block, places: readonly BlockPlace[]): void {
    if (ticket.age === this.#age && ticket.changes === this.#changes && ticket.since !== undefined) {
      this.#numbers.keep(this.#order++, block, places);
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
