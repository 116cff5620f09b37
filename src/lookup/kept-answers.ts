import type { Answer } from '../registry/answers.js';
import type { Question } from '../registry/resolve.js';

interface Entry {
  /** How much had been kept before. */
  readonly order: number;
  /** Undefined where it depends on the source: there is another entry for each. */
  readonly answer: Answer | undefined;
}

/** Answers that hold for all identifiers at the same place, by asker, and by source where that matters. */
export class KeptAnswers {
  readonly #most: number;
  readonly #entries = new Map<string, Entry>();
  #records = 0;

  /** @param most SED records in all that are kept; what was kept first goes first */
  constructor(most: number) {
    this.#most = most;
  }

  /** An answer, if it was kept before so much else. */
  find(before: number, place: string, question: Question): Answer | undefined {
    const key = keyOf(place, question);
    let entry = this.#entries.get(key);
    if (entry !== undefined && entry.answer === undefined) entry = this.#entries.get(key + sourceOf(question));
    return entry !== undefined && entry.order < before ? entry.answer : undefined;
  }

  /** Keeps an answer, as the one after so much else; but not what holds for one identifier alone. */
  keep(order: number, place: string, question: Question, answer: Answer): void {
    if (!answer.isForPlace) return;
    const key = keyOf(place, question);
    if (answer.isBySource) this.#set(key + sourceOf(question), { order, answer });
    this.#set(key, { order, answer: answer.isBySource ? undefined : answer });
  }

  clear(): void {
    this.#entries.clear();
    this.#records = 0;
  }

  #set(key: string, entry: Entry): void {
    this.#drop(key);
    this.#entries.set(key, entry);
    this.#records += weightOf(entry.answer);
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
