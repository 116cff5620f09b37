import { type Noun, nounOf } from '../model/noun.js';
import type { Item, SpppResponse } from '../sppp/message.js';
import { succeeded } from '../sppp/result.js';
import type { Mode } from './change.js';

type Verb = Item['verb'];

/** What became of an object: done or told, refused for itself, or undone with its request. */
export type ObjectOutcome = 'done' | 'failed' | 'undone';

export interface CountedObjects {
  readonly verb: Verb;
  readonly noun: Noun;
  readonly fate: ObjectOutcome;
  readonly objects: number;
}

/** The objects and keys of a request, counted by verb and noun while they are read. */
export class ObjectCounts {
  objects = 0;
  readonly #byKind = new Map<string, { objects: number }>();

  /** The same items, counted as they pass. */
  async *count(items: AsyncIterable<readonly Item[]>): AsyncGenerator<readonly Item[]> {
    for await (const some of items) {
      this.objects += some.length;
      let last: { readonly verb: Verb; readonly noun: Noun; readonly counted: { objects: number } } | undefined;
      for (const { verb, subject } of some) {
        const noun = nounOf(subject);
        if (last?.verb !== verb || last.noun !== noun) last = { verb, noun, counted: this.#counted(verb, noun) };
        last.counted.objects += 1;
      }
      yield some;
    }
  }

  /** What became of them by this answer; of those that were read before there was none, all were undone. */
  byOutcome(answer: SpppResponse | undefined, mode: Mode): CountedObjects[] {
    const failed = answer?.failures;
    const stays = isKept(answer, mode);
    return [...this.#byKind].flatMap(([kind, { objects }]) => {
      const [verb, noun] = kind.split(' ') as [Verb, Noun];
      const bad = Math.min(failed?.get(kind) ?? 0, objects);
      // The answer to a query has no place for single objects.
      const rest: ObjectOutcome = stays ? 'done' : verb === 'get' ? 'failed' : 'undone';
      const each: CountedObjects[] = [
        { verb, noun, fate: 'failed', objects: bad },
        { verb, noun, fate: rest, objects: objects - bad },
      ];
      return each.filter((counted) => counted.objects > 0);
    });
  }

  #counted(verb: Verb, noun: Noun): { objects: number } {
    const kind = `${verb} ${noun}`;
    const counted = this.#byKind.get(kind) ?? { objects: 0 };
    this.#byKind.set(kind, counted);
    return counted;
  }
}

/** Whether what did not fail stays, or was told. */
function isKept(answer: SpppResponse | undefined, mode: Mode): boolean {
  if (answer === undefined) return false;
  const { code } = answer.overall;
  if (answer.rule.operation.startsWith('submitGet')) return code === succeeded.code;
  return mode !== 'validate' && (code === succeeded.code || (mode === 'partial' && code === 2100));
}
