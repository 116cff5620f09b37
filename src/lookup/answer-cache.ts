import { LRUCache } from 'lru-cache';
import type { Question } from '../registry/resolve/resolve.js';
import type { AnswerSed, RouteAnswer } from '../registry/resolve/route-answers.js';

interface Entry {
  /** How many answers and blocks were cached before it. */
  readonly order: number;
  /** Undefined where the answer depends on the source: each source has an entry of its own. */
  readonly answer: RouteAnswer | undefined;
}

/** Memory of an entry, and of each record in it, besides their texts. */
const ENTRY_BYTES = 300;
const RECORD_BYTES = 400;

/**
 * Answers by route key and asker, and by source where that matters: identifiers with the same route key get the same answer.
 * The least recently used goes first, so that an asker with ever new sources displaces its own answers before those of others.
 */
export class AnswerCache {
  readonly #entries: LRUCache<string, Entry>;

  /** @param maxBytes bytes of the answers, with their route keys and sources */
  constructor(maxBytes: number) {
    this.#entries = new LRUCache({ maxSize: maxBytes, sizeCalculation: bytesOf });
  }

  /** An answer, if its order is below `before`. */
  find(before: number, routeKey: string, question: Question): RouteAnswer | undefined {
    const key = keyOf(routeKey, question);
    let entry = this.#entries.get(key);
    if (entry !== undefined && entry.answer === undefined) entry = this.#entries.get(key + sourceOf(question));
    return entry !== undefined && entry.order < before ? entry.answer : undefined;
  }

  /** Adds an answer with its order, unless it holds for one identifier alone. */
  add(order: number, routeKey: string, question: Question, answer: RouteAnswer): void {
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

/** Each text counts twice, as the answer's JSON is cached with it. */
function textsOf(sed: AnswerSed): number {
  let bytes = 0;
  for (const value of Object.values(sed)) {
    if (typeof value === 'string') bytes += 2 * textBytes(value);
    else if (Array.isArray(value)) for (const text of value) bytes += 2 * textBytes(String(text));
  }
  return bytes;
}

/** An upper bound: a text with a character beyond Latin-1 takes two bytes for each. */
function textBytes(text: string): number {
  return 2 * text.length;
}

/** A line feed separates, as no value of a question has one. */
function keyOf(routeKey: string, { asker }: Question): string {
  return `${routeKey}\n${asker}`;
}

function sourceOf({ sourceUri = '', sourceIp = '', rootDomain = '' }: Question): string {
  return `\n${sourceUri}\n${sourceIp}\n${rootDomain}`;
}
