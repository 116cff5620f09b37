import { type Noun, nounOf } from '../model/noun.js';
import type { ObjectOutcome, ObjectsOutcome } from '../operations/outcome.js';
import type { Verb } from '../sppp/grammar.js';
import type { Item } from '../sppp/message.js';
import type { CountedObjects } from './accounts.js';

/** The items of a request as they are read: counted by verb and noun, with a memory of what reading them threw. */
export class CountedItems implements AsyncIterable<readonly Item[]> {
  objects = 0;
  /** The error that reading threw. */
  thrown: unknown;
  readonly #items: AsyncIterable<readonly Item[]>;
  readonly #byKind = new Map<string, { objects: number }>();

  constructor(items: AsyncIterable<readonly Item[]>) {
    this.#items = items;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly Item[]> {
    try {
      for await (const some of this.#items) {
        this.#count(some);
        yield some;
      }
    } catch (error) {
      this.thrown = error;
      throw error;
    }
  }

  /** How many of each verb and noun there were, by what became of them. */
  byOutcome({ failedByKind, others }: ObjectsOutcome): CountedObjects[] {
    return [...this.#byKind].flatMap(([kind, { objects }]) => {
      const [verb, noun] = kind.split(' ') as [Verb, Noun];
      const failed = Math.min(failedByKind.get(kind) ?? 0, objects);
      const counted = (outcome: ObjectOutcome, count: number): CountedObjects[] =>
        count === 0 ? [] : [{ verb, noun, outcome, objects: count }];
      return [...counted('failed', failed), ...counted(others, objects - failed)];
    });
  }

  #count(items: readonly Item[]): void {
    this.objects += items.length;
    let last: { readonly verb: Verb; readonly noun: Noun; readonly counted: { objects: number } } | undefined;
    for (const { verb, subject } of items) {
      const noun = nounOf(subject);
      if (last?.verb !== verb || last.noun !== noun) last = { verb, noun, counted: this.#of(verb, noun) };
      last.counted.objects += 1;
    }
  }

  #of(verb: Verb, noun: Noun): { objects: number } {
    const kind = `${verb} ${noun}`;
    const counted = this.#byKind.get(kind) ?? { objects: 0 };
    this.#byKind.set(kind, counted);
    return counted;
  }
}
