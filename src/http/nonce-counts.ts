import { LRUCache } from 'lru-cache';
import { issuedAt } from './nonce.js';

interface Span {
  first: number;
  last: number;
}

interface Counts {
  /** Used counts, ascending, with neighbours joined: a client that counts 1, 2, 3 … takes one span. */
  readonly spans: Span[];
  /** Counts up to this one were dropped to bound the memory. */
  forgottenTo: number;
}

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
  private forgottenTo = Number.NEGATIVE_INFINITY;

  constructor(private readonly limits: NonceCountsLimits = { nonces: 50_000, spans: 128 }) {
    this.byNonce = new LRUCache({
      max: limits.nonces,
      dispose: (_counts, nonce) => {
        this.forgottenTo = Math.max(this.forgottenTo, issuedAt(nonce));
      },
    });
  }

  /**
   * Marks a count as used. Returns 'new', 'seen' for a replay, and 'forgotten' for a possible replay, after which the
   * client needs a fresh nonce. Call it only for checked nonces and right responses, so that strangers fill no memory.
   */
  use(nonce: string, nc: number): 'new' | 'seen' | 'forgotten' {
    const counts = this.byNonce.get(nonce) ?? this.begin(nonce);
    if (counts === undefined) return 'forgotten';
    return mark(counts, nc, this.limits.spans);
  }

  private begin(nonce: string): Counts | undefined {
    if (issuedAt(nonce) <= this.forgottenTo) return undefined;
    const counts: Counts = { spans: [], forgottenTo: -1 };
    this.byNonce.set(nonce, counts);
    return counts;
  }
}

function mark(counts: Counts, nc: number, maxSpans: number): 'new' | 'seen' | 'forgotten' {
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
