import { LRUCache } from 'lru-cache';
import type { Question } from '../registry/resolve/resolve.js';
import type { AnswerSed, RouteAnswer } from '../registry/resolve/route-answers.js';

interface Entry {
  /** How much had been kept before. */
  readonly order: number;
  /** Undefined where it depends on the source: there is another entry for each. */
  readonly answer: RouteAnswer | undefined;
}

/** What an entry takes besides its texts, and each record in it: objects, their places in the cache, what is written of them. */
const ENTRY_BYTES = 300;
const RECORD_BYTES = 400;

/**
 * Answers that hold for all identifiers at the same place, by asker, and by source where that matters. What was not asked
 * for the longest goes first, so that one who asks from ever new sources drives out his own answers before those of others.
 */
export class AnswerCache {
  readonly #entries: LRUCache<string, Entry>;

  /** @param most bytes that the answers, the places and the sources that they are for may take */
  constructor(most: number) {
    this.#entries = new LRUCache({ maxSize: most, sizeCalculation: bytesOf });
  }

  /** An answer, if it was kept before so much else. */
  find(before: number, routeKey: string, question: Question): RouteAnswer | undefined {
    const key = keyOf(routeKey, question);
    let entry = this.#entries.get(key);
    if (entry !== undefined && entry.answer === undefined) entry = this.#entries.get(key + sourceOf(question));
    return entry !== undefined && entry.order < before ? entry.answer : undefined;
  }

  /** Keeps an answer, as the one after so much else; but not what holds for one identifier alone. */
  keep(order: number, routeKey: string, question: Question, answer: RouteAnswer): void {
    if (!answer.isForRouteKey) return;
    const key = keyOf(routeKey, question);
    if (answer.isBySource) this.#entries.set(key + sourceOf(question), { order, answer });
    this.#entries.set(key, { order, answer: answer.isBySource ? undefined : answer });
  }

  clear(): void {
    this.#entries.clear();
  }
}

function bytesOf({ answer }: Entry, key: string): number {
  let bytes = ENTRY_BYTES + textBytes(key);
  for (const sed of answer?.seds ?? []) bytes += RECORD_BYTES + textsOf(sed);
  return bytes;
}

/** Twice, as an answer is kept as it is written, too. */
function textsOf(sed: AnswerSed): number {
  let bytes = 0;
  for (const value of Object.values(sed)) {
    if (typeof value === 'string') bytes += 2 * textBytes(value);
    else if (Array.isArray(value)) for (const text of value) bytes += 2 * textBytes(String(text));
  }
  return bytes;
}

/** At the most: a text with any character beyond Latin-1 takes two bytes for each. */
function textBytes(text: string): number {
  return 2 * text.length;
}

/** No value of a question has a line feed in it. */
function keyOf(routeKey: string, { asker }: Question): string {
  return `${routeKey}\n${asker}`;
}

function sourceOf({ sourceUri = '', sourceIp = '', rootDomain = '' }: Question): string {
  return `\n${sourceUri}\n${sourceIp}\n${rootDomain}`;
}
