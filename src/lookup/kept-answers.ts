import type { Answer } from '../registry/answers.js';
import type { Question } from '../registry/resolve.js';

/** When a statement was sent: what it may be answered from, and how long what it brings may be kept. */
export interface Ticket {
  readonly age: number;
  readonly kept: number;
  /** The snapshot to ask with; undefined if there is none yet. */
  readonly since: string | undefined;
}

interface Entry {
  /** How many had been kept before. */
  readonly number: number;
  /** Undefined where it depends on the source: there is another entry for each. */
  readonly answer: Answer | undefined;
}

/**
 * Answers that hold for all identifiers at the same place, until something else that they are made of changes. The
 * database decides that, in the statement that finds the place: an answer given from here is the one that SQL would
 * have given at that moment.
 *
 * All that is kept belongs to an age without changes, which begins with a snapshot. A statement confirms the age up to
 * its own snapshot, or ends it. It can be answered with what was kept before it was sent, as that is older than its
 * snapshot; and what it brings can be kept if the age in which it was sent has not ended since.
 */
export class KeptAnswers {
  readonly #most: number;
  readonly #entries = new Map<string, Entry>();
  #records = 0;
  #kept = 0;
  #age = 0;
  #since: string | undefined;

  /** @param most SED records in all that are kept; what was kept first goes first */
  constructor(most: number) {
    this.#most = most;
  }

  /** Taken before a statement is sent. */
  ticket(): Ticket {
    return { age: this.#age, kept: this.#kept, since: this.#since };
  }

  /** What a statement says that asked with the ticket's snapshot. */
  confirm(ticket: Ticket, snapshot: string | undefined, hasChanged: boolean): void {
    if (ticket.age !== this.#age) return;
    if (snapshot === undefined || (ticket.since !== undefined && hasChanged)) this.forget();
    else if (ticket.since === undefined && this.#since !== undefined) return;
    this.#since = snapshot;
  }

  /** What the statement with this ticket may be answered with. */
  find(ticket: Ticket, place: string, question: Question): Answer | undefined {
    if (ticket.age !== this.#age) return undefined;
    const key = keyOf(place, question);
    let entry = this.#entries.get(key);
    if (entry !== undefined && entry.answer === undefined) entry = this.#entries.get(key + sourceOf(question));
    return entry !== undefined && entry.number < ticket.kept ? entry.answer : undefined;
  }

  /** Keeps what the statement with this ticket brought. */
  keep(ticket: Ticket, place: string, question: Question, answer: Answer): void {
    if (ticket.age !== this.#age || ticket.since === undefined || !answer.isForPlace) return;
    const key = keyOf(place, question);
    if (answer.isBySource) this.#set(key + sourceOf(question), answer);
    this.#set(key, answer.isBySource ? undefined : answer);
  }

  /** Ends the age: of a database that was exchanged, nothing is known. */
  forget(): void {
    this.#age += 1;
    this.#since = undefined;
    this.#entries.clear();
    this.#records = 0;
  }

  #set(key: string, answer: Answer | undefined): void {
    this.#drop(key);
    this.#entries.set(key, { number: this.#kept++, answer });
    this.#records += weightOf(answer);
    for (const oldest of this.#entries.keys()) {
      if (this.#records <= this.#most) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#records -= weightOf(entry.answer);
  }
}

/** An answer without records takes room as well. */
function weightOf(answer: Answer | undefined): number {
  return 1 + (answer?.seds.length ?? 0);
}

/** No value of a question has a line feed in it. */
function keyOf(place: string, { asker }: Question): string {
  return `${place}\n${asker}`;
}

function sourceOf({ sourceUri = '', sourceIp = '', rootDomain = '' }: Question): string {
  return `\n${sourceUri}\n${sourceIp}\n${rootDomain}`;
}
