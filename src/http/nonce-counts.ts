import { LRUCache } from 'lru-cache';
import type { Span } from '../registry/access/shared-nonces.js';
import { issuedAt } from './nonce.js';

/** What became of a nonce count: 'seen' for a replay, 'forgotten' for a possible one. */
export type CountUse = 'new' | 'seen' | 'forgotten';

/**
 * Who counts a nonce: this node alone; this node no more, but perhaps nobody else knows what it has counted; or the
 * database.
 */
export type CountedBy = 'node' | 'giving' | 'database';

interface Counts {
  by: CountedBy;
  /** Used counts, ascending, with neighbours joined: a client that counts 1, 2, 3 … takes one span. */
  readonly spans: MutableSpan[];
  /** Counts up to this one were dropped to bound the memory. */
  forgottenTo: number;
}

type MutableSpan = { -readonly [Key in keyof Span]: Span[Key] };

export interface NonceCountsLimits {
  /** Nonces in memory; the least recently used goes first. */
  readonly nonces: number;
  /** Spans of counts in memory per nonce; the lowest goes first. */
  readonly spans: number;
}

/**
 * The nonce counts that this node has seen, in bounded memory. A count has to be new for its nonce, but need not be the
 * next one: requests on parallel connections overtake each other, and other nodes receive some (RFC 7616 §3.4, nc).
 */
export class NonceCounts {
  private readonly byNonce: LRUCache<string, Counts>;
  /** Of nonces issued up to here some were forgotten: an unknown one may have been used. */
  #forgottenTo = Number.NEGATIVE_INFINITY;

  constructor(private readonly limits: NonceCountsLimits = { nonces: 50_000, spans: 128 }) {
    this.byNonce = new LRUCache({
      max: limits.nonces,
      dispose: (_counts, nonce, reason) => {
        if (reason === 'evict') this.#forgottenTo = Math.max(this.#forgottenTo, issuedAt(nonce));
      },
    });
  }

  /**
   * Marks a count as used. Returns 'new', 'seen' for a replay, and 'forgotten' for a possible replay, after which the
   * client needs a fresh nonce. Call it only for checked nonces and right responses, so that strangers fill no memory.
   */
  use(nonce: string, nc: number): CountUse {
    const counts = this.byNonce.get(nonce) ?? this.begin(nonce);
    if (counts === undefined) return 'forgotten';
    return mark(counts, nc, this.limits.spans);
  }

  /** Nonces issued up to this time may have been used and forgotten; -Infinity: none. In milliseconds since 1970. */
  get forgottenTo(): number {
    return this.#forgottenTo;
  }

  /** Who counts a nonce, as far as this node remembers. */
  countedBy(nonce: string): CountedBy | undefined {
    return this.byNonce.peek(nonce)?.by;
  }

  /** Goes on with a nonce that another node has counted so far. */
  take(nonce: string, used: readonly Span[]): void {
    this.byNonce.set(nonce, { by: 'node', spans: used.map((span) => ({ ...span })), forgottenTo: -1 });
  }

  /**
   * Counts a nonce no more.
   *
   * @param isOwn this node issued it: if it is unknown, it was not used
   * @returns what was used of it; undefined if that is no longer known
   */
  give(nonce: string, isOwn: boolean): readonly Span[] | undefined {
    const counts = this.byNonce.get(nonce) ?? (isOwn ? this.begin(nonce) : undefined);
    if (counts === undefined || counts.by === 'database') return undefined;
    counts.by = 'giving';
    return usedOf(counts);
  }

  /** The database counts a nonce from now on. */
  given(nonce: string): void {
    this.byNonce.set(nonce, { by: 'database', spans: [], forgottenTo: -1 });
  }

  /** What was used of the nonces that the database does not count, as far as this node knows. */
  *all(): Iterable<readonly [nonce: string, used: readonly Span[]]> {
    for (const [nonce, counts] of this.byNonce.entries()) {
      if (counts.by !== 'database') yield [nonce, usedOf(counts)];
    }
  }

  private begin(nonce: string): Counts | undefined {
    if (issuedAt(nonce) <= this.#forgottenTo) return undefined;
    const counts: Counts = { by: 'node', spans: [], forgottenTo: -1 };
    this.byNonce.set(nonce, counts);
    return counts;
  }
}

function usedOf({ spans, forgottenTo }: Counts): Span[] {
  const forgotten = forgottenTo < 0 ? [] : [{ first: 0, last: forgottenTo }];
  return [...forgotten, ...spans];
}

function mark(counts: Counts, nc: number, maxSpans: number): CountUse {
  if (nc <= counts.forgottenTo) return 'forgotten';
  const { spans } = counts;
  const at = spans.findLastIndex((span) => span.first <= nc) + 1;
  const before = spans[at - 1];
  const after = spans[at];
  if (before !== undefined && nc <= before.last) return 'seen';

  if (before?.last === nc - 1) {
    before.last = nc;
    if (after?.first === nc + 1) {
      before.last = after.last;
      spans.splice(at, 1);
    }
  } else if (after?.first === nc + 1) {
    after.first = nc;
  } else {
    spans.splice(at, 0, { first: nc, last: nc });
    for (const lowest of spans.splice(0, spans.length - maxSpans)) counts.forgottenTo = lowest.last;
  }
  return 'new';
}
