import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';

const TIME_BYTES = 6;
const RANDOM_BYTES = 10;
const STAMP_BYTES = TIME_BYTES + RANDOM_BYTES;
/** 48 bytes are 64 base64url characters without padding, so each nonce has one spelling. */
const NONCE = /^[A-Za-z0-9_-]{64}$/;
const LIFE_MS = 8 * 60 * 60 * 1000;
/** The largest difference between the clocks of two nodes. */
const MAX_CLOCK_SKEW_MS = 5 * 60 * 1000;
/** Nonces in the memory of those whose seal was checked. */
const MAX_CHECKED = 1000;

/**
 * Makes and checks Digest nonces without storing them (RFC 7616 §5.4): a nonce is its time of issue and some random bytes,
 * sealed with HMAC-SHA-256. Nodes that share the key accept each other's nonces, also after a restart.
 */
export class Nonces {
  /** Nonces whose seal was right, with their time of issue: clients use a nonce for many requests. */
  private readonly checked = new LRUCache<string, number>({ max: MAX_CHECKED });

  constructor(
    private readonly key: Buffer,
    private readonly clock: () => number,
    private readonly lifeMs: number = LIFE_MS,
  ) {}

  /** A fresh nonce. */
  make(): string {
    const stamp = Buffer.alloc(STAMP_BYTES);
    stamp.writeUIntBE(this.clock(), 0, TIME_BYTES);
    randomBytes(RANDOM_BYTES).copy(stamp, TIME_BYTES);
    return Buffer.concat([stamp, this.seal(stamp)]).toString('base64url');
  }

  /** Returns 'good', 'stale' for a nonce that is too old or too new, 'forged' for one not made with this key. */
  check(nonce: string): 'good' | 'stale' | 'forged' {
    const issued = this.checked.get(nonce) ?? this.open(nonce);
    if (issued === undefined) return 'forged';
    const age = this.clock() - issued;
    return -MAX_CLOCK_SKEW_MS <= age && age <= this.lifeMs ? 'good' : 'stale';
  }

  /** The time of issue of a nonce; undefined for one not made with this key. */
  private open(nonce: string): number | undefined {
    if (!NONCE.test(nonce)) return undefined;
    const bytes = Buffer.from(nonce, 'base64url');
    if (!timingSafeEqual(bytes.subarray(STAMP_BYTES), this.seal(bytes.subarray(0, STAMP_BYTES)))) return undefined;
    const issued = issuedAt(nonce);
    this.checked.set(nonce, issued);
    return issued;
  }

  private seal(stamp: Buffer): Buffer {
    return createHmac('sha256', this.key).update(stamp).digest();
  }
}

/** The time of issue of a nonce that was checked, in milliseconds since 1970. */
export function issuedAt(nonce: string): number {
  return Buffer.from(nonce, 'base64url').readUIntBE(0, TIME_BYTES);
}
