import type { RequestUnderWay } from '../registry/journal/requests-under-way.js';
import type { Head } from '../sppp/message.js';
import type { CountedItems } from './counted-items.js';

/** Milliseconds after which a request is told of: most end before. */
const LONG_MS = 2000;

/** A request that has been admitted. */
export interface Begun extends Pick<RequestUnderWay, 'registrarId' | 'mode' | 'receivedAt'> {
  /** When it came, by `performance.now()`. */
  readonly since: number;
  /** How far it has been read, which changes. */
  readonly progress: { readonly head?: Pick<Head, 'rule'>; readonly items?: Pick<CountedItems, 'objects'> };
}

/** Tells of requests, in place of what was told before, and that others have ended. */
type Tell = (running: readonly RequestUnderWay[], ended: readonly string[]) => Promise<void>;

/**
 * The requests that this process carries out. It tells of those that take long, beside their transactions: they do not wait
 * for that, and a request that ends soon costs an entry in memory.
 */
export class RequestsUnderWay {
  readonly #tell: Tell;
  readonly #requests = new Map<string, Begun>();
  /** Ids of requests that were told of, and not yet that they have ended. */
  readonly #told = new Set<string>();
  #hasFailed = false;

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  /** Adds a request under its id. Returns a function that takes it away, once it has ended. */
  begin(serverTransId: string, begun: Begun): () => void {
    this.#requests.set(serverTransId, begun);
    return () => this.#requests.delete(serverTransId);
  }

  /** Tells how far the requests are. Of failures in a row it throws the first one alone. */
  async tell(): Promise<void> {
    const now = performance.now();
    const running = [...this.#requests].filter(([, { since }]) => now - since >= LONG_MS);
    const ended = [...this.#told].filter((id) => !this.#requests.has(id));
    if (running.length === 0 && ended.length === 0) return;
    for (const [id] of running) this.#told.add(id);
    try {
      await this.#tell(
        running.map((each) => underWay(each, now)),
        ended,
      );
    } catch (error) {
      if (this.#hasFailed) return;
      this.#hasFailed = true;
      throw error;
    }
    this.#hasFailed = false;
    for (const id of ended) this.#told.delete(id);
  }
}

function underWay([serverTransId, { since, progress, ...begun }]: [string, Begun], now: number): RequestUnderWay {
  return {
    ...{ serverTransId, ...begun },
    operation: progress.head?.rule.operation,
    objects: progress.items?.objects ?? 0,
    milliseconds: Math.round(now - since),
  };
}
